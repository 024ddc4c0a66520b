//! Signing in at a provider over real HTTP.

use std::sync::Arc;

use domain::path::LocalPath;
use domain::time::Span;
use platform::login::{self, Callback, LoginError};
use platform::sessions::{self, Browser};
use platform::{Chance as _, Clock as _, Error};
use providers::oidc::{Issuer, Oidc, OidcConfig, Timeouts};
use sandbox::oidc::{Client, Config, Person};
use testkit::{Database, ManualClock, SeededChance, World, on_both};
use tokio::net::TcpListener;

const CALLBACK: &str = "http://127.0.0.1:3000/auth/callback";

struct Site {
    w: World,
    issuer: String,
}

impl Site {
    async fn new(db: &Database) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let clock = Arc::new(ManualClock::new());
        let chance = SeededChance::new(4711);
        let time = Arc::clone(&clock);
        let person = |sub: &str, name: &str| Person {
            sub: sub.to_owned(),
            email: format!("{sub}@example.com"),
            name: name.to_owned(),
            email_verified: true,
        };
        let config = Config {
            issuer: issuer.clone(),
            clients: vec![Client {
                client_id: "secapid".to_owned(),
                client_secret: None,
                name: "Console".to_owned(),
                redirect_uris: vec![CALLBACK.to_owned()],
                post_logout_redirect_uris: Vec::new(),
            }],
            people: vec![
                person("ada", "Ada Lovelace"),
                person("eve", "Eve\u{202e} \u{200b}"),
            ],
            clock: Arc::new(move || time.now().0),
            random: Arc::new(move |bytes| chance.fill(bytes)),
        };
        tokio::spawn(sandbox::oidc::serve(
            listener,
            config,
            std::future::pending(),
        ));
        let config = OidcConfig {
            issuer: Issuer::parse(&issuer, true).unwrap(),
            client_id: "secapid".to_owned(),
            client_secret: None,
            redirect_uri: CALLBACK.parse().unwrap(),
            scopes: vec!["email".to_owned(), "profile".to_owned()],
            timeouts: Timeouts::default(),
        };
        let database = Arc::new(Database::of(db.kind()).await);
        let w = World::with(database, clock, |clock| {
            Oidc::new(config, move || clock.now().0)
        })
        .await;
        Self { w, issuer }
    }

    async fn begin(&self) -> login::Begun {
        login::begin(&self.w.platform, LocalPath::parse("/orgs?a=1").unwrap())
            .await
            .unwrap()
    }

    /// The person's answer on the provider's page, and where it sends the browser.
    async fn decide(&self, begun: &login::Begun, choice: (&str, &str)) -> Callback {
        let browser = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let asked: reqwest::Url = begun.redirect.parse().unwrap();
        let mut fields: Vec<(String, String)> = asked.query_pairs().into_owned().collect();
        fields.push((choice.0.to_owned(), choice.1.to_owned()));
        let answer = browser
            .post(format!("{}/authorize/decision", self.issuer))
            .form(&fields)
            .send()
            .await
            .unwrap();
        let back: reqwest::Url = answer.headers()["location"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        let get = |name: &str| {
            back.query_pairs()
                .find(|(found, _)| found == name)
                .map(|(_, value)| value.into_owned())
        };
        Callback {
            state: get("state"),
            code: get("code"),
            iss: get("iss"),
            error: get("error"),
        }
    }

    async fn finish(
        &self,
        callback: Callback,
        browser: Option<&str>,
    ) -> platform::Result<login::SignedIn> {
        let device = Browser {
            user_agent: Some("Mozilla/5.0 \0".repeat(100)),
            address: Some("127.0.0.1".to_owned()),
        };
        login::finish(&self.w.platform, callback, browser, device).await
    }

    async fn sign_in(&self, sub: &str) -> platform::Person {
        let begun = self.begin().await;
        let callback = self.decide(&begun, ("sub", sub)).await;
        let signed_in = self
            .finish(callback, Some(begun.browser.expose()))
            .await
            .unwrap();
        assert_eq!(signed_in.return_to.as_str(), "/orgs?a=1");
        sessions::recognise(&self.w.platform, signed_in.session.expose())
            .await
            .unwrap()
            .unwrap()
    }
}

type Change = fn(&mut Callback);

fn refused(outcome: platform::Result<login::SignedIn>) -> LoginError {
    match outcome {
        Err(Error::Login(error)) => error,
        other => panic!("{other:?}"),
    }
}

on_both! {
    async fn a_person_signs_in_and_is_the_same_person_next_time(db: &Database) {
        let site = Site::new(db).await;
        let first = site.sign_in("ada").await;
        assert_eq!((first.user.name.as_deref(), first.user.email.as_deref()), (Some("Ada Lovelace"), Some("ada@example.com")));
        assert_eq!(first.session.user_agent.as_ref().map(|agent| agent.chars().count()), Some(300));
        let again = site.sign_in("ada").await;
        assert_eq!(again.user.id, first.user.id);
        assert_ne!(again.session.id, first.session.id, "a session of its own");
        let eve = site.sign_in("eve").await;
        assert_ne!(eve.user.id, first.user.id);
        assert_eq!(eve.user.name.as_deref(), Some("Eve"), "what hides text is left out");
    }

    async fn a_callback_works_once(db: &Database) {
        let site = Site::new(db).await;
        let begun = site.begin().await;
        let callback = site.decide(&begun, ("sub", "ada")).await;
        site.finish(callback.clone(), Some(begun.browser.expose())).await.unwrap();
        assert_eq!(refused(site.finish(callback, Some(begun.browser.expose())).await), LoginError::NotUnderWay);
    }

    async fn a_callback_sent_many_times_at_once_makes_one_session(db: &Database) {
        let site = Arc::new(Site::new(db).await);
        let begun = Arc::new(site.begin().await);
        let callback = site.decide(&begun, ("sub", "ada")).await;
        let mut tabs = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (site, begun, callback) = (Arc::clone(&site), Arc::clone(&begun), callback.clone());
            tabs.spawn(async move { usize::from(site.finish(callback, Some(begun.browser.expose())).await.is_ok()) });
        }
        assert_eq!(tabs.join_all().await.iter().sum::<usize>(), 1);
    }

    async fn a_callback_works_only_in_the_browser_that_began(db: &Database) {
        let site = Site::new(db).await;
        let (begun, other) = (site.begin().await, site.begin().await);
        let callback = site.decide(&begun, ("sub", "ada")).await;
        for browser in [None, Some(""), Some(other.browser.expose())] {
            assert_eq!(refused(site.finish(callback.clone(), browser).await), LoginError::NotUnderWay);
        }
        // Trying did not use it up for the browser it belongs to.
        site.finish(callback, Some(begun.browser.expose())).await.unwrap();
    }

    async fn a_callback_that_was_changed_is_refused_and_used_up(db: &Database) {
        let site = Site::new(db).await;
        let cases: [(Change, LoginError); 5] = [
            (|c| c.code = Some("nonsense".to_owned()), LoginError::Denied),
            (|c| c.code = None, LoginError::NotUnderWay),
            (|c| c.iss = Some("https://evil.example.com".to_owned()), LoginError::Refused),
            (|c| c.iss = None, LoginError::Refused),
            (|c| c.error = Some("access_denied".to_owned()), LoginError::Denied),
        ];
        for (n, (change, expected)) in cases.into_iter().enumerate() {
            let begun = site.begin().await;
            let good = site.decide(&begun, ("sub", "ada")).await;
            let mut changed = good.clone();
            change(&mut changed);
            assert_eq!(refused(site.finish(changed, Some(begun.browser.expose())).await), expected, "case {n}");
            assert_eq!(refused(site.finish(good, Some(begun.browser.expose())).await), LoginError::NotUnderWay, "case {n}");
        }
    }

    async fn who_says_no_is_not_signed_in(db: &Database) {
        let site = Site::new(db).await;
        let begun = site.begin().await;
        let callback = site.decide(&begun, ("decision", "refuse")).await;
        assert_eq!(refused(site.finish(callback, Some(begun.browser.expose())).await), LoginError::Denied);
    }

    async fn a_sign_in_runs_out(db: &Database) {
        let site = Site::new(db).await;
        let begun = site.begin().await;
        let callback = site.decide(&begun, ("sub", "ada")).await;
        site.w.clock.advance(Span::minutes(15));
        assert_eq!(refused(site.finish(callback, Some(begun.browser.expose())).await), LoginError::NotUnderWay);
    }

    async fn signing_out_ends_the_session_here(db: &Database) {
        let site = Site::new(db).await;
        let begun = site.begin().await;
        let callback = site.decide(&begun, ("sub", "ada")).await;
        let signed_in = site.finish(callback, Some(begun.browser.expose())).await.unwrap();
        for _ in 0..2 {
            login::sign_out(&site.w.platform, signed_in.session.expose()).await.unwrap();
            assert!(sessions::recognise(&site.w.platform, signed_in.session.expose()).await.unwrap().is_none());
        }
        let onwards = login::provider_sign_out(&site.w.platform).await;
        assert!(onwards.is_some_and(|url| url.starts_with(&site.issuer)));
    }
}

#[tokio::test]
async fn a_provider_that_is_down_says_so_and_leaves_nothing() {
    let w = World::sqlite().await;
    let ada = w.person("ada").await;
    let down = login::begin(&w.platform, LocalPath::root()).await;
    assert!(
        matches!(down, Err(Error::Login(LoginError::ProviderDown))),
        "{down:?}"
    );
    assert!(
        sessions::recognise(&w.platform, &ada.token)
            .await
            .unwrap()
            .is_some(),
        "who is signed in stays signed in"
    );
}
