//! A payment service on a port of its own, a clock that moves when told to, a client, and an
//! endpoint for webhooks.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Request, StatusCode, header},
    routing::post,
};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use sandbox::payments::{Config, Payments, serve};
use serde_json::Value;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use url::form_urlencoded;

pub const KEY: &str = "sk_test_sandbox";
pub const SECRET: &str = "whsec_sandbox";
pub const START: i64 = 1_790_000_000;
pub const DAY: i64 = 86_400;

pub struct Shop {
    pub payments: Payments,
    pub base: String,
    clock: Arc<AtomicI64>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<io::Result<()>>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.header("location")
    }
}

pub type Pairs<'a> = &'a [(&'a str, &'a str)];

pub fn encode(pairs: Pairs<'_>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs).finish()
}

impl Shop {
    pub async fn new() -> Self {
        Self::open(None).await
    }

    pub async fn open(state_file: Option<PathBuf>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let clock = Arc::new(AtomicI64::new(START * 1_000_000));
        let time = Arc::clone(&clock);
        let seed = AtomicU64::new(1);
        let payments = Payments::new(Config {
            secret_key: KEY.to_owned(),
            webhook_secret: SECRET.to_owned(),
            clock: Arc::new(move || time.load(Ordering::Relaxed)),
            random: Arc::new(move |bytes| {
                for byte in bytes {
                    let seed = seed.fetch_add(1, Ordering::Relaxed);
                    *byte = u8::try_from(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56).unwrap();
                }
            }),
            base_url: base.clone(),
            state_file,
            retry: vec![Duration::from_millis(5)],
        })
        .unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(serve(listener, payments.clone(), async move {
            stopped.await.ok();
        }));
        Self {
            payments,
            base,
            clock,
            stop: Some(stop),
            server,
        }
    }

    pub async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.server.await.unwrap().unwrap();
    }

    /// Lets time pass, and everything that it brings happen.
    pub fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
        self.payments.tick();
    }

    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: Pairs<'_>,
        body: String,
    ) -> Option<Answer> {
        let path = path.strip_prefix(&self.base).unwrap_or(path);
        let address = self.base.strip_prefix("http://").unwrap();
        let stream = TcpStream::connect(address).await.ok()?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        let (parts, body) = sender.send_request(request).await.ok()?.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        Some(Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        })
    }

    pub async fn send(&self, method: &str, path: &str, headers: Pairs<'_>, body: String) -> Answer {
        let answer = self.try_send(method, path, headers, body).await;
        answer.unwrap()
    }

    pub async fn call(&self, method: &str, path: &str, pairs: Pairs<'_>) -> Answer {
        let bearer = format!("Bearer {KEY}");
        let headers = [("authorization", bearer.as_str())];
        if method == "POST" {
            return self.send(method, path, &headers, encode(pairs)).await;
        }
        let path = format!("{path}?{}", encode(pairs));
        self.send(method, &path, &headers, String::new()).await
    }

    pub async fn post(&self, path: &str, pairs: Pairs<'_>) -> Value {
        let answer = self.call("POST", path, pairs).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.json()
    }

    pub async fn get(&self, path: &str, pairs: Pairs<'_>) -> Value {
        let answer = self.call("GET", path, pairs).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.json()
    }

    /// The status, code and parameter of a refusal.
    pub async fn refusal(
        &self,
        method: &str,
        path: &str,
        pairs: Pairs<'_>,
    ) -> (u16, String, String) {
        let answer = self.call(method, path, pairs).await;
        let error = answer.json()["error"].clone();
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        (answer.status.as_u16(), text("code"), text("param"))
    }

    /// A page, as a browser gets it.
    pub async fn page(&self, url: &str) -> Answer {
        self.send("GET", url, &[], String::new()).await
    }

    /// A form on a page, as a browser sends it.
    pub async fn submit(&self, url: &str, pairs: Pairs<'_>) -> Answer {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", self.base.as_str()),
        ];
        self.send("POST", url, &headers, encode(pairs)).await
    }

    pub async fn switch(&self, switches: Value) -> Answer {
        let bearer = format!("Bearer {KEY}");
        let headers = [("authorization", bearer.as_str())];
        let body = switches.to_string();
        self.send("POST", "/sandbox/switches", &headers, body).await
    }

    /// The types of the events so far, oldest first.
    pub async fn events(&self) -> Vec<String> {
        let list = self.get("/v1/events", &[("limit", "100")]).await;
        let events = list["data"].as_array().unwrap().iter().rev();
        let kind = |event: &Value| event["type"].as_str().unwrap().to_owned();
        events.map(kind).collect()
    }

    /// How often something happened.
    pub async fn count(&self, kind: &str) -> usize {
        let list = self
            .get("/v1/events", &[("limit", "100"), ("type", kind)])
            .await;
        list["data"].as_array().unwrap().len()
    }

    pub async fn customer(&self) -> String {
        id(&self
            .post("/v1/customers", &[("email", "ada@example.com")])
            .await)
    }

    /// A customer who pays with the card behind a test token.
    pub async fn payer(&self, token: &str) -> String {
        let customer = self.customer().await;
        let path = format!("/v1/payment_methods/{token}/attach");
        let card = id(&self.post(&path, &[("customer", &customer)]).await);
        let name = "invoice_settings[default_payment_method]";
        self.post(&format!("/v1/customers/{customer}"), &[(name, &card)])
            .await;
        customer
    }

    pub async fn price(&self, name: &str, cents: &str, interval: &str) -> String {
        let price = self
            .post(
                "/v1/prices",
                &[
                    ("currency", "usd"),
                    ("unit_amount", cents),
                    ("recurring[interval]", interval),
                    ("lookup_key", &format!("{name}_{interval}")),
                    ("product_data[name]", name),
                ],
            )
            .await;
        id(&price)
    }

    pub async fn subscribe(&self, customer: &str, price: &str) -> Value {
        let pairs = [("customer", customer), ("items[0][price]", price)];
        self.post("/v1/subscriptions", &pairs).await
    }

    pub async fn subscription(&self, id: &str) -> Value {
        self.get(&format!("/v1/subscriptions/{id}"), &[]).await
    }

    /// The invoices of a customer, oldest first.
    pub async fn invoices(&self, customer: &str) -> Vec<Value> {
        let pairs = [("customer", customer), ("limit", "100")];
        let list = self.get("/v1/invoices", &pairs).await;
        let mut invoices = list["data"].as_array().unwrap().clone();
        invoices.reverse();
        invoices
    }
}

pub fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

/// An endpoint for webhooks that first answers what it is told to, then 200.
pub struct Endpoint {
    pub url: String,
    pub arrived: mpsc::UnboundedReceiver<(HeaderMap, String)>,
}

#[derive(Clone)]
struct Desk {
    first: Arc<Mutex<Vec<u16>>>,
    arrivals: mpsc::UnboundedSender<(HeaderMap, String)>,
}

impl Endpoint {
    pub async fn answering(first: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "http://{}/hooks?from=sandbox",
            listener.local_addr().unwrap()
        );
        let (arrivals, arrived) = mpsc::unbounded_channel();
        let mut first = first.to_vec();
        first.reverse();
        let desk = Desk {
            first: Arc::new(Mutex::new(first)),
            arrivals,
        };
        let router = Router::new().route("/hooks", post(take)).with_state(desk);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, arrived }
    }

    pub async fn next(&mut self) -> (HeaderMap, String) {
        let arrival = tokio::time::timeout(Duration::from_secs(5), self.arrived.recv());
        arrival.await.unwrap().unwrap()
    }

    pub async fn next_event(&mut self) -> Value {
        serde_json::from_str(&self.next().await.1).unwrap()
    }
}

async fn take(State(desk): State<Desk>, headers: HeaderMap, body: String) -> StatusCode {
    desk.arrivals.send((headers, body)).unwrap();
    let status = desk.first.lock().unwrap().pop().unwrap_or(200);
    StatusCode::from_u16(status).unwrap()
}
