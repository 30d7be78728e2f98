//! The webhook itself: the handshake, and deliveries that are stored before they are answered.

use super::inbox;
use crate::state::Doors;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use channels::whatsapp::signature;
use serde::Deserialize;

const SIGNATURE: &str = "x-hub-signature-256";

/// The platform's registration call.
#[derive(Deserialize)]
pub(crate) struct Handshake {
    #[serde(rename = "hub.mode", default)]
    mode: String,
    #[serde(rename = "hub.verify_token", default)]
    token: String,
    #[serde(rename = "hub.challenge", default)]
    challenge: String,
}

/// `GET /whatsapp/webhook`
pub(crate) async fn verify(State(doors): State<Doors>, Query(asked): Query<Handshake>) -> Response {
    let Some(config) = doors.whatsapp() else { return StatusCode::NOT_FOUND.into_response() };
    let answer = signature::challenge_answer(
        &asked.mode,
        &asked.token,
        &asked.challenge,
        &config.verify_token,
    );
    match answer {
        Some(challenge) => challenge.to_owned().into_response(),
        None => StatusCode::FORBIDDEN.into_response(),
    }
}

/// `POST /whatsapp/webhook`: 401 for what the platform did not sign, 503 when the store is away
/// (it is delivered again then), 200 as soon as it is on the disk.
pub(crate) async fn receive(
    State(doors): State<Doors>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(config) = doors.whatsapp() else { return StatusCode::NOT_FOUND.into_response() };
    let header = headers.get(SIGNATURE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !signature::is_genuine(&body, header, &config.secrets) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let taken = tokio::task::spawn_blocking(move || inbox::take(doors.work(), &body)).await;
    match taken {
        Ok(Ok(_)) => StatusCode::OK.into_response(),
        Ok(Err(error)) => {
            eprintln!("whatsapp webhook: {error}");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
