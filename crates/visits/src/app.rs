//! Files of the form page and the style sheet, as they are.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// `GET /lapangan/formulir/{asset}`
pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    let (kind, body) = match name.as_str() {
        "formulir.js" => (SCRIPT, include_str!("../assets/formulir.js")),
        "aturan.js" => (SCRIPT, include_str!("../assets/aturan.js")),
        "simpanan.js" => (SCRIPT, include_str!("../assets/simpanan.js")),
        "sw.js" => (SCRIPT, include_str!("../assets/sw.js")),
        "formulir.css" => ("text/css; charset=utf-8", include_str!("../assets/formulir.css")),
        "aplikasi.webmanifest" => {
            ("application/manifest+json", include_str!("../assets/aplikasi.webmanifest"))
        }
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], body).into_response()
}

/// `GET /aset/lapangan.css`
pub(crate) async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, include_str!("../assets/lapangan.css")).into_response()
}
