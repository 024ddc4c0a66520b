//! The least that axum can do: one constant JSON. No figure of ours can be better than its.

use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use http::header::CONTENT_TYPE;
use tokio::net::TcpListener;

const ANSWER: &str = r#"{"object":"constant","status":"ok"}"#;

#[tokio::main]
pub async fn main() -> anyhow::Result<()> {
    let app = Router::new().route(
        "/",
        get(async || ([(CONTENT_TYPE, "application/json")], ANSWER)),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("bare is open at http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, app).await?)
}
