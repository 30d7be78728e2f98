#![doc = include_str!("../README.md")]

mod account;
mod api;
mod call;
mod citizen;
mod decree;
mod demo;
mod english;
mod files;
mod follow;
mod form;
mod jobs;
mod journal_files;
mod mentions;
mod page;
mod pdf;
mod photo;
mod registry;
mod report;
mod sheet;
mod sign_in;
mod state;
mod values;
mod whatsapp;
mod words;
mod work;

pub use api::DOCUMENT as OPENAPI;
pub use channels::whatsapp::signature::AppSecret;
pub use decree::{SeedCover, seed_decree};
pub use demo::{seed_demo, seed_history};
pub use jobs::{Jobs, run_jobs};
pub use state::{Doors, Options};
pub use whatsapp::{Token, WhatsApp, run_whatsapp, take_delivery, work_off};

pub use axum::Router;
use axum::routing::{get, post};

/// Largest form with photos, in bytes.
const FORM_BYTES_MAX: usize = 24 << 20;

/// Every route of the doors, in Indonesian and, under `/en`, in English.
pub fn router(doors: Doors) -> Router {
    let dictionary = doors.dictionary();
    let pages = routes().with_state(doors);
    Router::new()
        .merge(pages.clone())
        .nest("/en", pages)
        .layer(axum::middleware::from_fn_with_state(dictionary, english::speak))
        .layer(axum::extract::DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(axum::middleware::from_fn(page::headers))
}

/// Every route, grouped by who uses it.
fn routes() -> Router<Doors> {
    Router::new()
        // Everybody
        .route("/lapor", get(report::choose))
        .route("/lapor/{kind}", get(report::form).post(report::send))
        .route("/ikuti", get(follow::form).post(follow::show))
        .route("/ikuti/tanda-terima", post(follow::receipt))
        .route("/saluran", get(follow::doors))
        .route("/jurnal/{*path}", get(journal_files::file))
        // Sign-in
        .route("/masuk", get(sign_in::form).post(sign_in::enter))
        .route("/masuk/demo", post(sign_in::demo))
        .route("/masuk/pertama/{token}", get(sign_in::first).post(sign_in::first_use))
        .route("/keluar", post(sign_in::leave))
        .route("/warga", get(citizen::page).post(citizen::ask))
        .route("/warga/kode", post(citizen::code))
        .route("/warga/telepon", get(citizen::phone).post(citizen::set_phone))
        .route("/simulasi/pesan", get(citizen::messages))
        .route("/akun", get(account::page))
        .route("/akun/sesi", post(account::end))
        .route("/akun/sandi", post(account::password))
        // Officials
        .route("/kerja", get(work::list))
        .route("/kerja/berita-acara", get(work::minutes))
        .route("/kerja/lampiran.pdf", get(files::annex))
        .route("/kerja/daftar-musyawarah.pdf", get(files::meeting))
        .route("/kerja/unduh", get(files::download))
        .route("/kerja/unggah", get(files::form).post(files::upload))
        .route("/kerja/{ticket}", get(work::one).post(work::decide))
        .route("/kerja/{ticket}/bukti/{id}", get(work::evidence))
        // The same for programs
        .route("/api/kerja/openapi.json", get(api::document))
        .route("/api/kasus", get(api::cases))
        .route("/api/usulan", post(api::propose))
        // Call centre
        .route("/171", get(call::screen).post(call::ticket))
        // WhatsApp: the platform, the agent, and the platform's simulator (demo only)
        .route("/whatsapp/webhook", get(whatsapp::webhook::verify).post(whatsapp::webhook::receive))
        .route("/percakapan", get(whatsapp::agent::list))
        .route("/percakapan/{id}", get(whatsapp::agent::one).post(whatsapp::agent::answer))
        .route("/simulasi/whatsapp", get(whatsapp::simulator::page).post(whatsapp::simulator::send))
        .route(
            "/simulasi/whatsapp/graph/{version}/{media}/messages",
            post(whatsapp::simulator::graph_send),
        )
        .route("/simulasi/whatsapp/graph/{version}/{media}", get(whatsapp::simulator::graph_media))
        .route(
            "/simulasi/whatsapp/graph/{version}/{media}/isi",
            get(whatsapp::simulator::graph_bytes),
        )
        // The health insurance: cut off by decree, and the way back
        .route("/pbi", get(decree::funnel::page))
        .route("/pbi/desa/{village}", get(decree::silent::page).post(decree::silent::reached))
        .route("/pbi/keputusan", get(decree::make::page).post(decree::make::act))
        .route("/pbi/pembayar", get(decree::payer::form).post(decree::payer::act))
        .route("/faskes", get(decree::facility::form).post(decree::facility::ask))
        .route("/aset/saluran.css", get(page::channel_style))
        .route("/aset/pintu.css", get(page::style))
        .route("/aset/jakarta.woff2", get(page::font))
}
