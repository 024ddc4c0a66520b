//! The least that axum can do: one constant JSON, and a JSON sent back as it was read. No figure of
//! ours can be better than its.

use axum::routing::get;
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use http::header::CONTENT_TYPE;
use serde_json::Value;
use tokio::net::TcpListener;

const ANSWER: &str = r#"{"object":"constant","status":"ok"}"#;

#[tokio::main]
pub async fn main() -> anyhow::Result<()> {
    let constant = get(async || ([(CONTENT_TYPE, "application/json")], ANSWER));
    let echo = async |Json(value): Json<Value>| Json(value);
    let app = Router::new().route("/", constant.post(echo));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("bare is open at http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, app).await?)
}
