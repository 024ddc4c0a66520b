//! A peer that answers by a script and keeps what it was asked. It speaks HTTP by hand, so that it
//! can also break off in the middle of it.

use std::{
    collections::HashMap,
    io::ErrorKind,
    sync::{Arc, Mutex},
    time::Duration,
};

use providers::stripe::{Config, Secret, Stripe, Timeouts};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use url::form_urlencoded;

pub const KEY: &str = "sk_test_51Example";

#[derive(Clone)]
pub enum Reply {
    Json(Value),
    /// Status, headers, body.
    Other(u16, &'static [(&'static str, &'static str)], String),
    /// These bytes, and the end of the connection.
    Raw(String),
    /// The end of the connection after the request was read.
    Reset,
    Silence,
}

pub struct Peer {
    pub stripe: Stripe,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    script: Mutex<Vec<(Option<&'static str>, Reply)>>,
    seen: Mutex<Vec<Seen>>,
}

#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Peer {
    /// Answers one request after the other with these.
    pub async fn that_says(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::patient(Duration::from_secs(10), replies).await
    }

    pub async fn patient(total: Duration, replies: impl IntoIterator<Item = Reply>) -> Self {
        let peer = Self::listening(total).await;
        let replies = replies.into_iter().map(|reply| (None, reply));
        peer.shared.script.lock().unwrap().extend(replies);
        peer
    }

    /// Answers each of these paths, once for each line.
    pub async fn at(replies: impl IntoIterator<Item = (&'static str, Reply)>) -> Self {
        let peer = Self::listening(Duration::from_secs(10)).await;
        let replies = replies.into_iter().map(|(path, reply)| (Some(path), reply));
        peer.shared.script.lock().unwrap().extend(replies);
        peer
    }

    async fn listening(total: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                tokio::spawn(async move { serve(&stream, &shared).await });
            }
        });
        Self {
            stripe: client(&base, total),
            shared,
        }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// The one request there was.
    pub fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.into_iter().next().unwrap()
    }
}

pub fn client(base: &str, total: Duration) -> Stripe {
    Stripe::new(Config {
        api_base: base.parse().unwrap(),
        secret_key: Secret::new(KEY),
        timeouts: Timeouts {
            total,
            backoff: Duration::from_millis(1),
            ..Timeouts::default()
        },
    })
    .unwrap()
}

impl Seen {
    /// `key=value` by line, decoded, in the order sent.
    pub fn fields(&self) -> String {
        lines(&self.body)
    }

    pub fn asked(&self) -> String {
        lines(&self.query)
    }
}

fn lines(encoded: &str) -> String {
    let pairs = form_urlencoded::parse(encoded.as_bytes());
    let lines: Vec<String> = pairs.map(|(key, value)| format!("{key}={value}")).collect();
    lines.join("\n")
}

async fn serve(stream: &TcpStream, shared: &Shared) {
    let Some(seen) = request(stream).await else {
        return;
    };
    let reply = {
        let mut script = shared.script.lock().unwrap();
        let fits = |path: Option<&str>| path.is_none_or(|path| path == seen.path);
        let next = script.iter().position(|(path, _)| fits(*path));
        next.map(|i| script.remove(i).1)
    };
    shared.seen.lock().unwrap().push(seen);
    let reply = reply.unwrap_or_else(|| refusal(418, "not_in_the_script", ""));
    let text = match reply {
        Reply::Reset => return,
        Reply::Silence => std::future::pending().await,
        Reply::Raw(text) => text,
        Reply::Json(body) => answer(200, &[("request-id", "req_1")], &body.to_string()),
        Reply::Other(status, headers, body) => answer(status, headers, &body),
    };
    write(stream, text.as_bytes()).await;
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> String {
    let lines = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"));
    let head = format!("HTTP/1.1 {status} Said\r\nconnection: close\r\n");
    let head = lines.fold(head, |head, line| head + &line);
    format!("{head}content-length: {}\r\n\r\n{body}", body.len())
}

/// Stripe's error object.
pub fn refusal(status: u16, code: &str, param: &str) -> Reply {
    let error = serde_json::json!({ "error": {
        "code": code,
        "doc_url": "https://docs.stripe.com/error-codes",
        "message": "Invalid API Key provided: sk_test_****mple",
        "param": param,
        "type": "invalid_request_error",
    }});
    let headers = &[
        ("request-id", "req_no"),
        ("content-type", "application/json"),
    ];
    Reply::Other(status, headers, error.to_string())
}

async fn request(stream: &TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let (head, mut body) = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break (bytes[..end].to_vec(), bytes[end + 4..].to_vec());
        }
        read(stream, &mut bytes).await?;
    };
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap().split(' ');
    let method = first.next().unwrap().to_owned();
    let target = first.next().unwrap();
    let headers: HashMap<String, String> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .get("content-length")
        .map_or(0, |n| n.parse().unwrap());
    while body.len() < length {
        read(stream, &mut body).await?;
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Some(Seen {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}

async fn read(stream: &TcpStream, into: &mut Vec<u8>) -> Option<()> {
    loop {
        stream.readable().await.ok()?;
        let mut some = [0; 4096];
        match stream.try_read(&mut some) {
            Ok(0) => return None,
            Ok(n) => {
                into.extend_from_slice(&some[..n]);
                return Some(());
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return None,
        }
    }
}

async fn write(stream: &TcpStream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        if stream.writable().await.is_err() {
            return;
        }
        match stream.try_write(bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}
