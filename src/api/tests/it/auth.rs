//! `/auth/login`, `/auth/callback`, `/auth/session/logout`, with a real provider behind them.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use platform::{Chance as _, Clock as _, sessions};
use providers::oidc::{Issuer, Oidc, OidcConfig, Timeouts};
use sandbox::oidc::{Client, Config, Person, Provider};
use testkit::{Database, ManualClock, SeededChance, World};
use tokio::net::TcpListener;
use url::Url;

use crate::site::{Answer, send};

const CALLBACK: &str = "http://127.0.0.1:3000/auth/callback";

/// A site whose people sign in at an embedded provider on a port of its own.
struct Auth {
    world: World,
    router: Router,
    provider: Provider,
    issuer: String,
}

impl Auth {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let clock = Arc::new(ManualClock::new());
        let (time, chance) = (Arc::clone(&clock), SeededChance::new(77));
        let provider = Provider::new(Config {
            issuer: issuer.clone(),
            clients: vec![Client {
                client_id: "secapid".to_owned(),
                client_secret: None,
                name: "secapid".to_owned(),
                redirect_uris: vec![CALLBACK.to_owned()],
                post_logout_redirect_uris: vec!["http://127.0.0.1:3000/signed-out".to_owned()],
            }],
            people: ["ada", "grace"].map(person).into(),
            clock: Arc::new(move || time.now().0),
            random: Arc::new(move |bytes| chance.fill(bytes)),
        });
        let served = provider.router();
        tokio::spawn(async move { axum::serve(listener, served).await });
        Self::with(provider, issuer, clock).await
    }

    /// Nobody listens where the provider should be.
    async fn without_provider() -> Self {
        let held = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", held.local_addr().unwrap());
        drop(held);
        let chance = SeededChance::new(78);
        let random = Arc::new(move |bytes: &mut [u8]| chance.fill(bytes));
        let config = Config {
            issuer: issuer.clone(),
            clients: vec![],
            people: vec![],
            clock: Arc::new(|| 0),
            random,
        };
        Self::with(Provider::new(config), issuer, Arc::new(ManualClock::new())).await
    }

    async fn with(provider: Provider, issuer: String, clock: Arc<ManualClock>) -> Self {
        let config = OidcConfig {
            issuer: Issuer::parse(&issuer, true).unwrap(),
            client_id: "secapid".to_owned(),
            client_secret: None,
            redirect_uri: CALLBACK.parse().unwrap(),
            scopes: vec!["email".to_owned(), "profile".to_owned()],
            timeouts: Timeouts {
                connect: Duration::from_secs(2),
                total: Duration::from_secs(5),
            },
        };
        let database = Arc::new(Database::sqlite().await);
        let world = World::with(database, clock, |clock| {
            Oidc::new(config, move || clock.now().0)
        })
        .await;
        let router = api::site(&world.platform, Router::new());
        Self {
            world,
            router,
            provider,
            issuer,
        }
    }

    async fn get(&self, path: &str, cookies: &str) -> Answer {
        let request = Request::get(path)
            .header("cookie", cookies)
            .header("user-agent", "Test Browser/1.0");
        let mut request = request.body(Body::empty()).unwrap();
        let peer: std::net::SocketAddr = "127.0.0.7:5000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        send(&self.router, request).await
    }

    async fn logout(&self, cookies: &str, site: &str) -> Answer {
        let request = Request::post("/auth/session/logout")
            .header("cookie", cookies)
            .header("sec-fetch-site", site);
        send(&self.router, request.body(Body::empty()).unwrap()).await
    }

    /// Begins a sign-in: the provider's address with its parameters, and the cookie.
    async fn begin(&self, return_to: &str) -> (Url, String) {
        let answer = self
            .get(&format!("/auth/login?return_to={return_to}"), "")
            .await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        (
            answer.header("location").unwrap().parse().unwrap(),
            cookie(&answer, "__Host-login").unwrap(),
        )
    }

    /// What somebody decides on the provider's page: the way back.
    async fn decide(&self, authorize: &Url, answer: (&str, &str)) -> String {
        let form = authorize.query().unwrap().to_owned() + "&" + answer.0 + "=" + answer.1;
        let request = Request::builder()
            .method(Method::POST)
            .uri("/authorize/decision")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form));
        let answer = send(&self.provider.router(), request.unwrap()).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        local(answer.header("location").unwrap())
    }

    /// A whole sign-in: the session cookie.
    async fn sign_in(&self, sub: &str, earlier: &str) -> (Answer, String) {
        let (authorize, browser) = self.begin("/orgs").await;
        let back = self.decide(&authorize, ("sub", sub)).await;
        let answer = self.get(&back, &format!("{browser}; {earlier}")).await;
        let session = cookie(&answer, "__Host-sid").unwrap_or_default();
        (answer, session)
    }

    async fn alive(&self, session: &str) -> bool {
        let token = session.trim_start_matches("__Host-sid=");
        sessions::recognise(&self.world.platform, token)
            .await
            .unwrap()
            .is_some()
    }
}

fn person(name: &str) -> Person {
    Person {
        sub: name.to_owned(),
        email: format!("{name}@example.com"),
        name: name.to_owned(),
        email_verified: true,
    }
}

/// The path and query of an address.
fn local(url: &str) -> String {
    let url: Url = url.parse().unwrap();
    format!("{}?{}", url.path(), url.query().unwrap_or(""))
}

/// A cookie an answer sets, as the browser sends it back; `None` when it is cleared or not set.
fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let set = answer.headers("set-cookie");
    let found = set
        .iter()
        .find(|text| text.starts_with(&format!("{name}=")))?;
    let pair = found.split(';').next().unwrap();
    (!pair.ends_with('=')).then(|| pair.to_owned())
}

fn set_cookie<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let set = answer.headers("set-cookie");
    set.into_iter()
        .find(|text| text.starts_with(&format!("{name}=")))
        .expect("the cookie is set")
}

/// The code a failed sign-in tells, after checking that nobody was signed in.
#[track_caller]
fn problem(answer: &Answer) -> String {
    assert_eq!(answer.status, 303);
    assert_eq!(cookie(answer, "__Host-sid"), None);
    let url = Url::parse("http://x")
        .unwrap()
        .join(answer.header("location").unwrap())
        .unwrap();
    assert_eq!(url.path(), "/sign-in");
    let mut pairs: std::collections::HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(pairs["request"], answer.header("request-id").unwrap());
    pairs.remove("problem").unwrap()
}

#[tokio::test]
async fn signing_in_ends_where_it_began_with_a_session() {
    let auth = Auth::new().await;
    let begun = auth.get("/auth/login?return_to=/orgs/o?a=b", "").await;
    let login = set_cookie(&begun, "__Host-login");
    assert!(
        login.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=900"),
        "{login}"
    );
    assert!(
        begun
            .header("location")
            .unwrap()
            .starts_with(&format!("{}/authorize?", auth.issuer))
    );
    assert_eq!(begun.header("cache-control"), Some("no-store"));
    let authorize: Url = begun.header("location").unwrap().parse().unwrap();
    let back = auth.decide(&authorize, ("sub", "ada")).await;
    let answer = auth
        .get(&back, &cookie(&begun, "__Host-login").unwrap())
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, Some("/orgs/o?a=b"))
    );
    let session = set_cookie(&answer, "__Host-sid");
    assert!(
        session.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=1209600"),
        "{session}"
    );
    assert!(set_cookie(&answer, "__Host-login").ends_with("Max-Age=0"));
    let token = cookie(&answer, "__Host-sid").unwrap();
    let token = token.trim_start_matches("__Host-sid=");
    let person = sessions::recognise(&auth.world.platform, token)
        .await
        .unwrap()
        .expect("a session");
    assert_eq!(person.user.email.as_deref(), Some("ada@example.com"));
    assert_eq!(
        person.session.user_agent.as_deref(),
        Some("Test Browser/1.0")
    );
    assert_eq!(person.session.address.as_deref(), Some("127.0.0.7"));
}

#[tokio::test]
async fn nobody_is_sent_elsewhere_after_signing_in() {
    let auth = Auth::new().await;
    for return_to in [
        "https://evil.example/",
        "//evil.example",
        "/%5Cevil.example",
        "/%09/evil.example",
        "javascript:alert(1)",
        "/auth/login",
        "",
        "%ff",
    ] {
        let (authorize, browser) = auth.begin(return_to).await;
        let back = auth.decide(&authorize, ("sub", "ada")).await;
        assert_eq!(
            auth.get(&back, &browser).await.header("location"),
            Some("/"),
            "{return_to}"
        );
    }
}

#[tokio::test]
async fn a_callback_works_once_and_only_in_its_own_browser() {
    let auth = Auth::new().await;
    let (authorize, browser) = auth.begin("/").await;
    let back = auth.decide(&authorize, ("sub", "ada")).await;
    let (_, another) = auth.begin("/").await;
    for wrong in ["", another.as_str(), "__Host-login=", "__Host-login=0000"] {
        assert_eq!(
            problem(&auth.get(&back, wrong).await),
            "login_not_under_way",
            "{wrong}"
        );
    }
    assert_eq!(
        auth.get(&back, &browser).await.header("location"),
        Some("/")
    );
    assert_eq!(
        problem(&auth.get(&back, &browser).await),
        "login_not_under_way"
    );
}

#[tokio::test]
async fn a_callback_that_was_tampered_with_signs_nobody_in() {
    type Change = fn(&str) -> String;
    let auth = Auth::new().await;
    let cases: [(Change, &str); 7] = [
        (
            |back| back.replace("iss=http", "iss=https"),
            "login_refused",
        ),
        (
            |back| back.split("&iss=").next().unwrap().to_owned(),
            "login_refused",
        ),
        (|back| back.replace("code=", "code=x"), "login_denied"),
        (
            |back| back.replace("state=", "state=x"),
            "login_not_under_way",
        ),
        (|back| format!("{back}&state=twice"), "login_not_under_way"),
        (
            |back| back.replace("code=", "other="),
            "login_not_under_way",
        ),
        (|_| "/auth/callback".to_owned(), "login_not_under_way"),
    ];
    for (change, code) in cases {
        let (authorize, browser) = auth.begin("/").await;
        let back = change(&auth.decide(&authorize, ("sub", "ada")).await);
        let answer = auth.get(&back, &browser).await;
        assert_eq!(problem(&answer), code, "{back}");
        assert!(set_cookie(&answer, "__Host-login").ends_with("Max-Age=0"));
    }
}

#[tokio::test]
async fn who_declines_or_takes_too_long_is_told_so() {
    let auth = Auth::new().await;
    let (authorize, browser) = auth.begin("/").await;
    let back = auth.decide(&authorize, ("decision", "refuse")).await;
    assert_eq!(problem(&auth.get(&back, &browser).await), "login_denied");
    let (authorize, browser) = auth.begin("/").await;
    let back = auth.decide(&authorize, ("sub", "ada")).await;
    auth.world.clock.advance(domain::time::Span::minutes(16));
    assert_eq!(
        problem(&auth.get(&back, &browser).await),
        "login_not_under_way"
    );
}

#[tokio::test]
async fn signing_in_again_replaces_the_session_of_this_browser() {
    let auth = Auth::new().await;
    let (_, first) = auth.sign_in("ada", "").await;
    let (_, elsewhere) = auth.sign_in("ada", "").await;
    let (_, second) = auth.sign_in("grace", &first).await;
    assert!(!auth.alive(&first).await && auth.alive(&second).await && auth.alive(&elsewhere).await);
}

#[tokio::test]
async fn signing_out_ends_the_session_at_once_and_only_from_our_own_pages() {
    let auth = Auth::new().await;
    let (_, session) = auth.sign_in("ada", "").await;
    assert_eq!(auth.logout(&session, "cross-site").await.status, 403);
    assert!(auth.alive(&session).await);
    let answer = auth.logout(&session, "same-origin").await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), Some("/signed-out"));
    assert_eq!(answer.header("clear-site-data"), Some("\"cache\""));
    assert!(set_cookie(&answer, "__Host-sid").ends_with("Max-Age=0"));
    assert!(!auth.alive(&session).await);
    // Nobody signed in: nothing to end.
    assert_eq!(
        auth.logout("", "same-origin").await.header("location"),
        Some("/signed-out")
    );
}

#[tokio::test]
async fn a_provider_that_is_down_is_said_to_be_and_sessions_live_on() {
    let auth = Auth::without_provider().await;
    assert_eq!(
        problem(&auth.get("/auth/login", "").await),
        "identity_provider_unavailable"
    );
    let ada = auth.world.person("ada").await;
    let cookie = format!("__Host-sid={}", ada.token);
    assert!(auth.alive(&cookie).await);
    let answer = auth.logout(&cookie, "same-origin").await;
    assert_eq!(answer.header("location"), Some("/signed-out"));
    assert!(!auth.alive(&cookie).await);
}

#[tokio::test]
async fn without_its_database_nobody_is_signed_in_or_told_they_are_out() {
    let auth = Auth::new().await;
    let (_, session) = auth.sign_in("ada", "").await;
    auth.world.store.close().await;
    assert_eq!(
        problem(&auth.get("/auth/login", "").await),
        "service_unavailable"
    );
    let answer = auth.logout(&session, "same-origin").await;
    assert_eq!(problem(&answer), "service_unavailable");
    assert!(answer.headers("set-cookie").is_empty());
}
