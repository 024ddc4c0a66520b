//! Text that looks like something else is stored as what it is.

use domain::event::{Actor, Event, EventType};
use domain::id::{EventId, RequestId, UserId};
use domain::key::Label;
use domain::org::OrgName;
use domain::user::Identity;
use store::idempotency::{self, Place};
use testkit::on_both;

use crate::support::{NOW, fresh, named, record, session, tenant};

/// SQL, HTML, header, log and spreadsheet injection; Unicode that is easily mangled.
const CORPUS: [&str; 22] = [
    "'; DROP TABLE users; --",
    "' OR '1'='1",
    "\" OR \"\"=\"",
    "1; ATTACH DATABASE '/tmp/x' AS x; --",
    "$1",
    "?1",
    ":name",
    "{\"json\":[1,null]}",
    "\\x00ff",
    "%s%n%_",
    "<script>alert(1)</script>",
    "</textarea><img src=x onerror=alert(1)>",
    "{{7*7}}${7*7}",
    "a\r\nSet-Cookie: x=1",
    "\u{1b}[31mred",
    "=HYPERLINK(\"https://example.com\")",
    "+1",
    "e\u{301} é",
    "\u{feff}\u{202e}abc",
    "\u{1f469}\u{200d}\u{1f4bb}",
    "ﷺ",
    "",
];

on_both! {
    async fn names_and_labels_come_back_letter_by_letter(db: &Database) {
        let store = db.open().await;
        let (ada, org, key, _) = tenant(&store).await;
        for (n, text) in CORPUS.into_iter().enumerate() {
            let mut tx = store.begin().await.unwrap();
            let named = domain::org::Org { name: OrgName::from_stored(text.to_owned()), ..named("") };
            store::orgs::insert(&mut tx, &named).await.unwrap();
            assert_eq!(store::orgs::find(&mut tx, &named.id).await.unwrap(), Some(named));

            let identity = Identity {
                issuer: text.to_owned(),
                subject: text.to_owned(),
                email: Some(text.to_owned()),
                email_verified: false,
                name: Some(text.to_owned()),
            };
            let user = store::users::upsert(&mut tx, &UserId::new(NOW, fresh()), &identity, NOW).await.unwrap();
            assert_eq!((user.email.as_deref(), user.name.as_deref()), (Some(text), Some(text)));

            let (token, mut session) = session(&ada, NOW);
            session.user_agent = Some(text.to_owned());
            session.address = Some(text.to_owned());
            store::sessions::insert(&mut tx, &token, &session).await.unwrap();
            assert_eq!(store::sessions::find(&mut tx, &token).await.unwrap(), Some(session));

            let mut seen = record(&org, &key, NOW, i64::try_from(n).unwrap(), 200);
            seen.path = text.to_owned();
            seen.method = text.to_owned().into();
            store::requests::insert(&mut tx, std::slice::from_ref(&seen)).await.unwrap();
            assert_eq!(store::requests::latest(&mut tx, &org.id, 1).await.unwrap(), [seen]);
            tx.commit().await.unwrap();
        }
    }

    async fn answers_and_events_come_back_letter_by_letter(db: &Database) {
        let store = db.open().await;
        let (_, org, ..) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        for text in CORPUS {
            let place = Place { scope: text.to_owned(), route: text.to_owned(), key: text.to_owned() };
            assert_eq!(idempotency::claim(&mut tx, &place, text.as_bytes(), NOW, NOW).await.unwrap(), None, "{text}");
            assert!(idempotency::finish(&mut tx, &place, 201, text).await.unwrap());
            let earlier = idempotency::claim(&mut tx, &place, text.as_bytes(), NOW, NOW).await.unwrap().unwrap();
            assert_eq!((earlier.fingerprint.as_slice(), earlier.answer), (text.as_bytes(), Some((201, text.to_owned()))));
            let event = Event {
                id: EventId::new(NOW, fresh()),
                org: org.id.clone(),
                kind: EventType::OrgCreated,
                recorded_at: NOW,
                request: Some(RequestId::from_stored(text.to_owned())),
                actor: Actor::Platform,
                subject: text.to_owned(),
                data: text.to_owned(),
            };
            store::events::insert(&mut tx, &event).await.unwrap();
        }
        assert_eq!(Label::from_stored(CORPUS[0].to_owned()).as_str(), CORPUS[0]);
    }
}
