//! A server with sockets: starting, being slow to, ending.

use std::time::Duration;

use serde_json::Value;
use server::config::{self, Flags};
use server::run::{self, Running};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A running server on a seeded development database of its own.
pub struct Server {
    pub running: Running,
    seeded: Value,
    _data: TempDir,
}

impl Server {
    pub fn url(&self) -> String {
        self.running
            .public_url
            .as_str()
            .trim_end_matches('/')
            .to_owned()
    }

    /// A working key with every scope, and its id.
    pub fn seeded_key(&self) -> (&str, &str) {
        let key = &self.seeded["apiKey"];
        (key["secret"].as_str().unwrap(), key["id"].as_str().unwrap())
    }
}

pub fn settings(data: &TempDir, env: &[(&str, &str)]) -> config::Config {
    let flags = Flags {
        dev: true,
        listen: Some("127.0.0.1:0".to_owned()),
        data: Some(data.path().join("data")),
        ..Flags::default()
    };
    let look = |name: &str| {
        env.iter()
            .find(|(n, _)| *n == name)
            .map(|(_, v)| (*v).to_owned())
    };
    config::gather(&flags, &look).unwrap().read(true).unwrap()
}

pub async fn start() -> Server {
    let data = tempfile::tempdir().unwrap();
    let config = settings(&data, &[("SECAPI_DRAIN_SECONDS", "5")]);
    let seeded = server::seed::seed(&config).await.unwrap();
    let running = run::start(&config).await.unwrap();
    Server {
        running,
        seeded,
        _data: data,
    }
}

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused_and_one_may_follow() {
    let data = tempfile::tempdir().unwrap();
    let config = settings(&data, &[]);
    let first = run::start(&config).await.unwrap();
    let refused = run::start(&config)
        .await
        .err()
        .expect("one process per file")
        .to_string();
    assert!(refused.contains("another secapid serves"), "{refused}");
    first.stop().await;
    run::start(&config).await.unwrap().stop().await;
}

#[tokio::test]
async fn a_development_database_is_refused_in_real_use() {
    let data = tempfile::tempdir().unwrap();
    let mut config = settings(&data, &[]);
    run::start(&config).await.unwrap().stop().await;
    config.dev = false;
    let refused = run::start(&config)
        .await
        .err()
        .expect("it is marked")
        .to_string();
    assert!(refused.contains("begun with --dev"), "{refused}");
}

#[tokio::test]
async fn metrics_have_a_port_of_their_own() {
    let server = start().await;
    let own = reqwest::get(format!("http://{}/metrics", server.running.metrics))
        .await
        .unwrap();
    assert_eq!(own.status(), 200);
    let public = reqwest::get(format!("{}/metrics", server.url()))
        .await
        .unwrap();
    assert_eq!(public.status(), 404);
    server.running.stop().await;
}

/// A request whose body is still on its way when the end begins is answered all the same.
#[tokio::test]
async fn a_request_that_runs_when_the_end_begins_is_answered() {
    let server = start().await;
    let mut stream = TcpStream::connect(server.running.address).await.unwrap();
    let (key, _) = server.seeded_key();
    let body = r#"{"label":"late"}"#;
    let head = format!(
        "POST /v1/api_keys HTTP/1.1\r\nhost: localhost\r\nx-api-key: {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The head is taken up once a second connection, opened later, has been answered.
    reqwest::get(format!("{}/healthz", server.url()))
        .await
        .unwrap();
    let address = server.running.address;
    let stopping = tokio::spawn(server.running.stop());
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut answer))
        .await
        .unwrap()
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    stopping.await.unwrap();
}

#[tokio::test]
async fn silent_and_broken_clients_hold_nobody_up() {
    let server = start().await;
    let mut silent = Vec::new();
    for _ in 0..64 {
        let mut stream = TcpStream::connect(server.running.address).await.unwrap();
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nx-dripping: ")
            .await
            .unwrap();
        silent.push(stream);
    }
    let mut broken = TcpStream::connect(server.running.address).await.unwrap();
    broken
        .write_all(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        .await
        .unwrap();
    let fine = reqwest::get(format!("{}/healthz", server.url()))
        .await
        .unwrap();
    assert_eq!(fine.status(), 200);
    let many = "x-crowd: y\r\n".repeat(200);
    let mut crowded = TcpStream::connect(server.running.address).await.unwrap();
    crowded
        .write_all(format!("GET /healthz HTTP/1.1\r\nhost: a\r\n{many}\r\n").as_bytes())
        .await
        .unwrap();
    let mut answer = String::new();
    crowded.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    drop(silent);
    server.running.stop().await;
}
