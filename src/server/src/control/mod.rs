//! The way from the command line into a running server.
//!
//! With SQLite one process holds the database, so a command that changes anything has to go through it.
//! A server listens on a socket in its data folder, which only its own user can reach; a command sends
//! one line of JSON and gets one back. Where no server runs, the same order is carried out on the
//! database itself.

mod carry_out;
mod order;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

pub use carry_out::{Development, Server, clock};
pub use order::{Answer, Order};

use crate::config::Config;

/// No order comes near it.
const LONGEST: u64 = 64 * 1024;

fn socket(config: &Config) -> PathBuf {
    config.data_dir.join("control.sock")
}

/// Listens for orders until `stop` ends.
pub fn listen(
    config: &Config,
    server: Server,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let path = socket(config);
    let listener = bind(&path)?;
    tokio::spawn(async move {
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                accepted = listener.accept() => {
                    let Ok((stream, _)) = accepted else { continue };
                    let server = server.clone();
                    tokio::spawn(async move {
                        if let Err(error) = serve(stream, &server).await {
                            tracing::debug!(%error, "a command went away");
                        }
                    });
                }
            }
        }
        let _ = std::fs::remove_file(&path);
    });
    Ok(())
}

fn bind(path: &Path) -> anyhow::Result<UnixListener> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
    }
    // What a crash left behind; the database's lock says that nobody else serves this folder.
    let _ = std::fs::remove_file(path);
    let listener =
        UnixListener::bind(path).with_context(|| format!("cannot listen on {}", path.display()))?;
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(listener)
}

async fn serve(stream: UnixStream, server: &Server) -> anyhow::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    BufReader::new(read.take(LONGEST))
        .read_line(&mut line)
        .await?;
    let answer = match serde_json::from_str::<Order>(&line) {
        Ok(order) => server.carry_out(order).await,
        Err(error) => Answer::Refused(format!("not an order: {error}")),
    };
    let mut text = serde_json::to_string(&answer)?;
    text.push('\n');
    write.write_all(text.as_bytes()).await?;
    Ok(write.shutdown().await?)
}

/// Has an order carried out: by the server that runs on this data folder, or else here.
pub async fn ask(config: &Config, order: Order) -> anyhow::Result<serde_json::Value> {
    let answer = match UnixStream::connect(socket(config)).await {
        Ok(stream) => send(stream, &order).await?,
        Err(_) if order.needs_a_server() => bail!(
            "no server runs on the data folder {}; start one with `secapid serve --dev`",
            config.data_dir.display()
        ),
        Err(_) => {
            let opened = crate::data::open_alone(config).await?;
            let server = Server::by_itself(&opened.store, config).await?;
            let answer = server.carry_out(order).await;
            server.close().await;
            answer
        }
    };
    match answer {
        Answer::Done(value) => Ok(value),
        Answer::Refused(why) => bail!(why),
    }
}

async fn send(stream: UnixStream, order: &Order) -> anyhow::Result<Answer> {
    let (read, mut write) = stream.into_split();
    let mut text = serde_json::to_string(order)?;
    text.push('\n');
    write.write_all(text.as_bytes()).await?;
    let mut line = String::new();
    BufReader::new(read).read_line(&mut line).await?;
    serde_json::from_str(&line).context("the server went away before it answered")
}
