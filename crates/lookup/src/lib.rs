#![doc = include_str!("../README.md")]

mod ask;
mod owner;

pub use ask::{Failed, Record};

use ask::{AddAsked, FindAsked};
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use linkage::Index;
use owner::Owner;
use serde_json::json;
use std::net::SocketAddr;

/// Largest request, in bytes.
const REQUEST_BYTES_MAX: usize = 20_000_000;

/// The routes of an index. The index lives in a thread of its own until the router is dropped.
pub fn router(index: Index) -> Router {
    Router::new()
        .route("/find", post(find))
        .route("/add", post(add))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(Owner::start(index))
}

/// Serves an index to this machine until Ctrl-C; `ready` is told the address once it listens.
///
/// # Errors
/// An address that is not this machine's own, or cannot be listened on.
pub async fn serve(
    index: Index,
    address: SocketAddr,
    ready: impl FnOnce(SocketAddr),
) -> std::io::Result<()> {
    if !address.ip().is_loopback() {
        return Err(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            "an index answers this machine only (127.0.0.1 or [::1]); put a server that knows its users before it",
        ));
    }
    let listener = tokio::net::TcpListener::bind(address).await?;
    ready(listener.local_addr()?);
    // Answers are small: none waits for the next.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router(index)).with_graceful_shutdown(stop()).await
}

/// Ctrl-C.
async fn stop() {
    // Without signals the server runs until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn find(
    State(owner): State<Owner>,
    asked: Result<Json<FindAsked>, JsonRejection>,
) -> Response {
    match asked {
        Ok(Json(asked)) => answer(owner.find(asked).await.map(Json)),
        Err(wrong) => refuse(&wrong),
    }
}

async fn add(State(owner): State<Owner>, asked: Result<Json<AddAsked>, JsonRejection>) -> Response {
    match asked {
        Ok(Json(asked)) => answer(owner.add(asked).await.map(Json)),
        Err(wrong) => refuse(&wrong),
    }
}

fn answer(given: Result<impl IntoResponse, Failed>) -> Response {
    match given {
        Ok(given) => given.into_response(),
        Err(Failed::Asked(why)) => {
            (StatusCode::BAD_REQUEST, Json(json!({"error": why}))).into_response()
        }
        Err(Failed::Work(why)) => {
            (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({"error": why}))).into_response()
        }
    }
}

/// Says where the request is wrong, never what stood there.
fn refuse(wrong: &JsonRejection) -> Response {
    let why = match wrong {
        JsonRejection::JsonDataError(_) | JsonRejection::JsonSyntaxError(_) => {
            "the body is not as expected; see docs/guide/link.md, \"An index over HTTP\""
        }
        JsonRejection::MissingJsonContentType(_) => "send the body as application/json",
        _ => "the body could not be read, or is larger than 20 MB",
    };
    (wrong.status(), Json(json!({"error": why}))).into_response()
}
