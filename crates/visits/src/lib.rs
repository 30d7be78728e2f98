#![doc = include_str!("../README.md")]

mod app;
mod caller;
mod charts;
mod demo;
mod desk;
mod english;
mod form_page;
mod jobs;
mod openrosa;
mod page;
mod pages;
mod phones;
mod photo;
mod state;

pub use demo::{seed_campaign, seed_results};
pub use desk::{Desk, desk_router, serve_desk};
pub use jobs::run_jobs;
pub use photo::develop;
pub use state::{Options, Visits};

use axum::Router;
use axum::routing::{get, head, post};

/// Largest request of a phone, in bytes. Collect splits what is larger.
pub(crate) const REQUEST_BYTES_MAX: usize = 20_000_000;

/// Every route of ground checks.
pub fn router(visits: Visits) -> Router {
    let app = Router::new()
        .route("/lapangan/formulir", get(form_page::enter))
        .route("/lapangan/formulir/", get(form_page::shell))
        .route("/lapangan/formulir/data", get(form_page::data))
        .route("/lapangan/formulir/kirim", post(form_page::send))
        .route("/lapangan/formulir/{asset}", get(app::asset))
        .route("/aset/lapangan.css", get(app::style));
    let spoken = Router::new()
        .merge(pages())
        .nest("/en", pages())
        .layer(axum::middleware::from_fn_with_state(visits.dictionary(), web::english::speak));
    // The same protocol behind a token in the address and behind Basic, Bearer or Digest.
    protocol(protocol(app.merge(spoken), "/or/key/{token}"), "/or")
        .layer(axum::extract::DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .layer(axum::middleware::from_fn(page::headers))
        .with_state(visits)
}

/// Pages in Indonesian and, under `/en`, in English.
fn pages() -> Router<Visits> {
    Router::new()
        .route("/lapangan", get(pages::home))
        .route("/lapangan/kampanye", post(pages::open))
        .route("/lapangan/kampanye/{campaign}", get(pages::campaign))
        .route("/lapangan/periksa", get(pages::review).post(pages::settle))
        .route("/lapangan/ponsel", get(phones::devices).post(phones::change_device))
}

/// OpenRosa under `root`.
fn protocol(router: Router<Visits>, root: &str) -> Router<Visits> {
    router
        .route(&format!("{root}/formList"), get(openrosa::form_list))
        .route(&format!("{root}/forms/groundcheck"), get(openrosa::form))
        .route(&format!("{root}/forms/groundcheck/manifest"), get(openrosa::manifest))
        .route(&format!("{root}/forms/groundcheck/families.csv"), get(openrosa::families))
        .route(&format!("{root}/entities"), get(openrosa::integrity))
        .route(&format!("{root}/submission"), head(openrosa::probe).post(openrosa::submit))
}
