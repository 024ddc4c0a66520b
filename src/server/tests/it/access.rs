//! Every page and every server function, asked by everybody, for what is theirs, what is another's
//! and what is not there. Rows come from the router's own tables: one without a row fails.

use std::collections::BTreeSet;

use axum::Router;
use domain::role::Role;
use testkit::{SignedIn, World};

use crate::support::{Answer, send, site};

mod table;

use table::Verdict::{self, Absent, Again, No, SignIn, Yes};
use table::OWN;

/// Whether an address names an organisation, so that another's and an absent one can be asked for.
fn names_org(method: &str, path: &str) -> bool {
    // Where a form was loaded again by its address: on to the page, whatever the address names.
    let leads_on = path.ends_with("/rotate")
        || method == "GET" && (path.ends_with("/checkout") || path.ends_with("/portal"));
    path.contains("{org}") && !leads_on || path == "/act/revoke-key"
}

#[tokio::test]
async fn every_route_and_server_function_has_a_row_and_no_row_is_left_over() {
    let rows: BTreeSet<(String, String)> = OWN
        .iter()
        .map(|(m, p, _)| ((*m).to_owned(), (*p).to_owned()))
        .collect();
    let pages = app::PAGES
        .iter()
        .map(|page| (page.method.to_owned(), page.path.to_owned()));
    let acts = app::acts().map(|path| ("POST".to_owned(), path.to_owned()));
    let routes: BTreeSet<_> = pages.chain(acts).collect();
    assert_eq!(rows, routes);
}

struct People {
    world: World,
    site: Router,
    org: String,
    key: String,
    other_org: String,
    other_key: String,
    everybody: [Option<SignedIn>; 6],
}

async fn people(world: World) -> People {
    let owner = world.person("owner").await;
    let made = world.org(&owner, "Own").await;
    let other = world.person("other").await;
    let others = world.org(&other, "Other").await;
    let org = made.org.id.clone();
    let everybody = [
        None,
        Some(world.person("stranger").await),
        Some(world.member(&org, Role::Viewer, "viewer").await),
        Some(world.member(&org, Role::Billing, "billing").await),
        Some(world.member(&org, Role::Developer, "developer").await),
        Some(owner),
    ];
    People {
        site: site(&world),
        org: org.to_string(),
        key: made.first.key.id.to_string(),
        other_org: others.org.id.to_string(),
        other_key: others.first.key.id.to_string(),
        everybody,
        world,
    }
}

impl People {
    async fn ask(
        &self,
        method: &str,
        path: &str,
        who: Option<&SignedIn>,
        org: &str,
        key: &str,
    ) -> Answer {
        let path = path.replace("{org}", org).replace("{key}", key);
        let form = match path.as_str() {
            "/act/revoke-key" => format!("org={org}&key={key}"),
            "/act/revoke-session" => "session=ses_01K9ZP3V5W8Q2R4T6Y7X9B1D3F".to_owned(),
            "/act/set-theme" => "theme=dark".to_owned(),
            _ => String::new(),
        };
        send(
            &self.site,
            method,
            &path,
            who,
            (method == "POST").then_some(form.as_str()),
        )
        .await
    }
}

fn verdict(path: &str, answer: &Answer) -> Verdict {
    let to = answer.location();
    match answer.status.as_u16() {
        302 | 303 if to.starts_with("/sign-in") => SignIn,
        302 | 303 if to.contains("problem=not_found") => Absent,
        302 | 303
            if to.contains("problem=forbidden")
                || to.ends_with("?ended=0") && path.ends_with("revoke-session") =>
        {
            No
        }
        200 | 302 | 303 => Yes,
        404 => Absent,
        403 => No,
        // Without a payment provider no form can be carried out; it is shown with that said.
        409 | 422 => Again,
        other => panic!("{path} answered {other}: {}", answer.body),
    }
}

#[tokio::test]
async fn everybody_gets_what_the_table_says_of_their_own() {
    for (method, path, expected) in OWN {
        // A world for each row: some acts change what the next would find.
        let people = people(World::sqlite().await).await;
        for (who, expected) in people.everybody.iter().zip(expected) {
            let answer = people
                .ask(method, path, who.as_ref(), &people.org, &people.key)
                .await;
            let name = who.as_ref().and_then(|who| who.person.user.name.clone());
            assert_eq!(
                verdict(path, &answer),
                expected,
                "{method} {path} by {name:?}: {}",
                answer.location()
            );
        }
    }
}

#[tokio::test]
async fn anothers_answers_exactly_as_absent_does() {
    let people = people(World::sqlite().await).await;
    let (absent_org, absent_key) = (
        "org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F",
        "key_01K9ZP3V5W8Q2R4T6Y7X9B1D3F",
    );
    for (method, path, _) in OWN
        .iter()
        .filter(|(method, path, _)| names_org(method, path))
    {
        for who in people.everybody.iter().flatten() {
            let other = people
                .ask(
                    method,
                    path,
                    Some(who),
                    &people.other_org,
                    &people.other_key,
                )
                .await;
            let absent = people
                .ask(method, path, Some(who), absent_org, absent_key)
                .await;
            let mixed = people
                .ask(method, path, Some(who), &people.org, &people.other_key)
                .await;
            assert_eq!(verdict(path, &other), Absent, "{method} {path}");
            assert_eq!(other.status, absent.status, "{method} {path}");
            assert_eq!(
                plain(&other, &people.other_org, &people.other_key),
                plain(&absent, absent_org, absent_key),
                "{method} {path}"
            );
            if path.contains("{key}") {
                assert_ne!(verdict(path, &mixed), Yes, "{method} {path}");
            }
        }
    }
}

/// What of an answer must not tell one case from the other.
fn plain(answer: &Answer, org: &str, key: &str) -> (String, String) {
    let id = answer
        .headers
        .get("request-id")
        .and_then(|value| value.to_str().ok())
        .unwrap_or("-");
    let nonce = answer
        .body
        .split("nonce=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .unwrap_or("-");
    let same = |text: &str| {
        text.replace(id, "")
            .replace(nonce, "")
            .replace(org, "")
            .replace(key, "")
    };
    (same(answer.location()), same(&answer.body))
}

#[tokio::test]
async fn a_write_from_another_site_does_nothing() {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    let people = people(World::sqlite().await).await;
    let owner = people.everybody[5].as_ref().unwrap();
    let evil: [&[(&str, &str)]; 6] = [
        &[],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("origin", "https://evil.example.com")],
        &[("origin", "null")],
    ];
    for (method, path, _) in OWN.iter().filter(|(method, _, _)| *method == "POST") {
        for headers in evil {
            let path = path
                .replace("{org}", &people.org)
                .replace("{key}", &people.key);
            let form = format!(
                "org={}&key={}&name=Stolen&overlap=now&form_id=1",
                people.org, people.key
            );
            let mut request = Request::builder()
                .method(*method)
                .uri(&path)
                .header("content-type", "application/x-www-form-urlencoded")
                .header("content-length", form.len())
                .header("cookie", format!("__Host-sid={}", owner.token));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let response = people
                .site
                .clone()
                .oneshot(request.body(Body::from(form)).unwrap())
                .await
                .unwrap();
            assert_eq!(response.status(), 403, "{path} with {headers:?}");
        }
    }
    let (org, key) = (people.org.parse().unwrap(), people.key.parse().unwrap());
    let actor = owner.actor();
    let found = platform::keys::find(&people.world.platform, &actor, &org, &key)
        .await
        .unwrap();
    assert_eq!(found.state(people.world.now()).as_str(), "active");
}

/// What the matrix cannot say with empty forms: a complete one is answered by role.
#[tokio::test]
async fn a_complete_form_is_carried_out_for_those_whose_role_lets_them() {
    let people = people(World::sqlite().await).await;
    people.world.contract(&people.org.parse().unwrap()).await;
    let forms = [
        (
            "/orgs/{org}/keys",
            "label=ci&scopes=read%3Asec&livemode=true&expires=never",
        ),
        ("/orgs/{org}/keys/{key}/rotate", "overlap=24h"),
    ];
    for (path, form) in forms {
        for (n, (who, expected)) in people
            .everybody
            .iter()
            .zip([SignIn, Absent, No, No, Yes, Yes])
            .enumerate()
        {
            let path = path
                .replace("{org}", &people.org)
                .replace("{key}", &people.key);
            let answer = send(
                &people.site,
                "POST",
                &path,
                who.as_ref(),
                Some(&format!("form_id=f{n}&{form}")),
            )
            .await;
            assert_eq!(verdict(&path, &answer), expected, "{path} by column {n}");
            assert_eq!(
                crate::support::secret(&answer.body).is_some(),
                expected == Yes,
                "{path} by column {n}"
            );
        }
    }
}

/// Nobody puts scopes on a key that they could not use themselves.
#[tokio::test]
async fn a_developer_cannot_make_a_key_that_makes_keys() {
    let people = people(World::sqlite().await).await;
    people.world.contract(&people.org.parse().unwrap()).await;
    let developer = people.everybody[4].as_ref();
    let keys = format!("/orgs/{}/keys", people.org);
    let offered = |page: &Answer| page.body.contains("value=\"api_keys:manage\"");
    assert!(!offered(
        &send(&people.site, "GET", &keys, developer, None).await
    ));
    let owner = people.everybody[5].as_ref();
    assert!(offered(
        &send(&people.site, "GET", &keys, owner, None).await
    ));
    let form =
        "form_id=1&label=ci&scopes=read%3Asec&scopes=api_keys%3Amanage&livemode=true&expires=never";
    let answer = send(
        &people.site,
        "POST",
        &format!("/orgs/{}/keys", people.org),
        developer,
        Some(form),
    )
    .await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains("insufficient_scope"),
        "{}",
        answer.body
    );
    assert!(crate::support::secret(&answer.body).is_none());
}
