//! The payment sandbox as a peer: really listening, under the test's clock, with the hands of a person
//! at its pages.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use platform::Clock as _;
use platform::billing::Payments;
use providers::stripe::{Config, Secret, Stripe, Timeouts};
use sandbox::payments;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower::ServiceExt as _;
use url::Url;

use crate::{ManualClock, SeededChance};

const SECRET_KEY: &str = "sk_test_of_a_test";

/// What its webhooks are signed with.
pub const WEBHOOK_SECRET: &str = "whsec_of_a_test";

pub struct Till {
    pub sandbox: payments::Payments,
    pub base_url: Url,
    _stop: oneshot::Sender<()>,
}

impl Till {
    pub async fn open(clock: &Arc<ManualClock>, chance: &Arc<SeededChance>) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let base_url = Url::parse(&format!("http://{address}")).expect("a URL");
        let (clock, chance) = (Arc::clone(clock), Arc::clone(chance));
        let sandbox = payments::Payments::new(payments::Config {
            secret_key: SECRET_KEY.to_owned(),
            webhook_secret: WEBHOOK_SECRET.to_owned(),
            clock: Arc::new(move || clock.now().0),
            random: Arc::new(move |bytes| platform::Chance::fill(chance.as_ref(), bytes)),
            base_url: base_url.as_str().to_owned(),
            state_file: None,
            retry: Vec::new(),
        })
        .expect("a sandbox without a file");
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = payments::serve(listener, sandbox.clone(), async {
            let _ = stopped.await;
        });
        tokio::spawn(async move {
            serving
                .await
                .expect("the sandbox serves until it is told to stop");
        });
        Arc::new(Self {
            sandbox,
            base_url,
            _stop: stop,
        })
    }

    /// The client of a platform that pays here.
    pub fn payments(&self) -> Payments {
        let secrets = vec![Secret::new(WEBHOOK_SECRET)];
        Payments::new(self.client(), secrets, vec![self.origin()])
    }

    pub fn client(&self) -> Stripe {
        let config = Config {
            api_base: self.base_url.clone(),
            secret_key: Secret::new(SECRET_KEY),
            timeouts: Timeouts {
                connect: Duration::from_secs(2),
                total: Duration::from_secs(4),
                backoff: Duration::from_millis(5),
            },
        };
        Stripe::new(config).expect("a client of a loopback address")
    }

    pub fn origin(&self) -> String {
        self.base_url.origin().ascii_serialization()
    }

    /// Submits a form of one of its pages, as a browser would; answers where that leads.
    pub async fn submit(&self, page: &str, fields: &[(&str, &str)]) -> Response {
        let page = Url::parse(page).expect("a page of the sandbox");
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let request = Request::post(page.path())
            .header(header::HOST, page.authority())
            .header(header::ORIGIN, self.origin())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.finish()))
            .expect("a request");
        let answer = self.sandbox.router().oneshot(request).await;
        answer.unwrap_or_else(|never| match never {})
    }

    /// Pays on the page of a Checkout, or leaves a card there, with the card that ends in `card`.
    pub async fn pay(&self, checkout: &str, card: &str) {
        let answer = self.submit(checkout, &[("card", card)]).await;
        assert_eq!(
            answer.status(),
            StatusCode::SEE_OTHER,
            "the Checkout goes back"
        );
    }

    /// Asks a page of the API, as its owner: for looking at what is there.
    pub async fn get(&self, path: &str) -> String {
        let request = Request::get(path)
            .header(header::AUTHORIZATION, format!("Bearer {SECRET_KEY}"))
            .body(Body::empty())
            .expect("a request");
        let answer = self.sandbox.router().oneshot(request).await;
        let answer = answer.unwrap_or_else(|never| match never {});
        let body = axum::body::to_bytes(answer.into_body(), 4 << 20).await;
        String::from_utf8(body.expect("a body").to_vec()).expect("text")
    }
}
