//! Style, font and the one script: built in, named by their content, kept for ever by browsers.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

const STYLE: &str = include_str!("../assets/style.css");
const FONT: &[u8] = include_bytes!("../assets/jakarta.woff2");
const SIMULATE: &str = include_str!("../assets/simulasi.js");
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Path of the font, with the hash of its content.
pub static FONT_PATH: LazyLock<String> =
    LazyLock::new(|| format!("/assets/jakarta-{}.woff2", hash(FONT)));

static STYLE_TEXT: LazyLock<String> = LazyLock::new(|| STYLE.replace("jakarta.woff2", &FONT_PATH));

/// Path of the style sheet, with the hash of its content.
pub static STYLE_PATH: LazyLock<String> =
    LazyLock::new(|| format!("/assets/style-{}.css", hash(STYLE_TEXT.as_bytes())));

/// Path of the simulator's script, with the hash of its content.
pub static SIMULATE_PATH: LazyLock<String> =
    LazyLock::new(|| format!("/assets/simulasi-{}.js", hash(SIMULATE.as_bytes())));

fn hash(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..6])
}

/// The style sheet.
pub async fn style() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, FOR_EVER)];
    (headers, STYLE_TEXT.as_str()).into_response()
}

/// The font (already compressed).
pub async fn font() -> Response {
    let headers = [(header::CONTENT_TYPE, "font/woff2"), (header::CACHE_CONTROL, FOR_EVER)];
    (headers, FONT).into_response()
}

/// The simulator's script.
pub async fn simulate() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, FOR_EVER),
    ];
    (headers, SIMULATE).into_response()
}
