#![doc = include_str!("../README.md")]

mod call;
mod demo;
mod files;
mod follow;
mod form;
mod jobs;
mod page;
mod photo;
mod registry;
mod report;
mod sign_in;
mod state;
mod words;
mod work;

pub use demo::seed_demo;
pub use jobs::{Jobs, run_jobs};
pub use state::{Doors, Options};

pub use axum::Router;
use axum::routing::{get, post};

/// Largest form with photos, in bytes.
const FORM_BYTES_MAX: usize = 24 << 20;

/// Every route of the doors, grouped by who uses it.
pub fn router(doors: Doors) -> Router {
    Router::new()
        // Everybody
        .route("/lapor", get(report::choose))
        .route("/lapor/{kind}", get(report::form).post(report::send))
        .route("/ikuti", get(follow::form).post(follow::show))
        .route("/ikuti/tanda-terima", post(follow::receipt))
        .route("/saluran", get(follow::doors))
        // Sign-in
        .route("/masuk", get(sign_in::form).post(sign_in::enter))
        .route("/masuk/demo", post(sign_in::demo))
        .route("/masuk/pertama/{token}", get(sign_in::first).post(sign_in::first_use))
        .route("/keluar", post(sign_in::leave))
        // Officials
        .route("/kerja", get(work::list))
        .route("/kerja/berita-acara", get(work::minutes))
        .route("/kerja/unduh", get(files::download))
        .route("/kerja/unggah", get(files::form).post(files::upload))
        .route("/kerja/{ticket}", get(work::one).post(work::decide))
        .route("/kerja/{ticket}/bukti/{id}", get(work::evidence))
        // Call centre
        .route("/171", get(call::screen).post(call::ticket))
        .route("/aset/pintu.css", get(page::style))
        .route("/aset/jakarta.woff2", get(page::font))
        .layer(axum::extract::DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(axum::middleware::from_fn(page::headers))
        .with_state(doors)
}
