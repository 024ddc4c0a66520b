//! One keep-alive connection, one request at a time.

use std::net::SocketAddr;

use anyhow::Context as _;
use bytes::Bytes;
use http::HeaderMap;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

pub type Request = http::Request<Full<Bytes>>;

pub struct Connection(SendRequest<Full<Bytes>>);

/// An answer, its body as it was transferred.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .context("the server does not listen")?;
        stream.set_nodelay(true)?;
        let (send, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self(send))
    }

    /// Sends and reads to the end, keeping nothing but the status.
    pub async fn status(&mut self, request: Request) -> hyper::Result<u16> {
        let mut reply = self.0.send_request(request).await?;
        while let Some(frame) = reply.frame().await {
            frame?;
        }
        self.0.ready().await?;
        Ok(reply.status().as_u16())
    }

    pub async fn ask(&mut self, request: Request) -> anyhow::Result<Reply> {
        let reply = self.0.send_request(request).await?;
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        let body = reply.into_body().collect().await?.to_bytes();
        self.0.ready().await?;
        Ok(Reply {
            status,
            headers,
            body,
        })
    }
}

/// A GET with these headers.
pub fn get(path: &str, headers: &[(&str, &str)]) -> Request {
    with_method("GET", path, headers)
}

pub fn with_method(method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("host", "127.0.0.1");
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    request
        .body(Full::default())
        .expect("paths and headers of our own are well formed")
}

/// A POST with these headers and this body.
pub fn post(path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request {
    let mut request = with_method("POST", path, headers);
    *request.body_mut() = Full::new(body.into());
    request
}
