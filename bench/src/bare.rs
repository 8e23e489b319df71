//! A server that does nothing but answer.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use serde::Serialize;
use tokio::net::TcpListener;

/// Where to serve, and how much.
#[derive(clap::Args)]
pub struct Arguments {
    /// The address; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    address: SocketAddr,
    /// The size of the answer to `/json`, in bytes (at least 40)
    #[arg(long, default_value_t = 256)]
    json_bytes: usize,
    /// The size of the answer to `/html`, in bytes
    #[arg(long, default_value_t = 4096)]
    html_bytes: usize,
}

/// Serves until it is ended. Prints the address once it answers there.
#[tokio::main]
pub async fn serve(arguments: &Arguments) -> Result<()> {
    let listener = TcpListener::bind(arguments.address).await?;
    println!("bare axum on http://{}", listener.local_addr()?);
    answer(listener, router(arguments)).await
}

/// Answers until the process is ended.
pub async fn answer(listener: TcpListener, router: Router) -> Result<()> {
    // Without it, the second packet of an answer waits for the first one's acknowledgement.
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}

fn router(arguments: &Arguments) -> Router {
    let answers = Answers {
        json: Answer {
            authenticated: true,
            username: filled(arguments.json_bytes, &["{\"authenticated\":true,\"username\":\"", "\"}"]),
        },
        html: filled(arguments.html_bytes, &[]),
    };
    Router::new().route("/json", get(json)).route("/html", get(html)).with_state(Arc::new(answers))
}

struct Answers {
    json: Answer,
    html: String,
}

#[derive(Clone, Serialize)]
struct Answer {
    authenticated: bool,
    username: String,
}

async fn json(State(answers): State<Arc<Answers>>) -> Json<Answer> {
    Json(answers.json.clone())
}

async fn html(State(answers): State<Arc<Answers>>) -> Html<String> {
    Html(answers.html.clone())
}

/// As much text as makes the whole `size` bytes long, given what else is in it.
fn filled(size: usize, rest: &[&str]) -> String {
    "a".repeat(size.saturating_sub(rest.iter().map(|part| part.len()).sum()))
}
