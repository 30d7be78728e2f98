//! Every route of the server, on one page, grouped by who calls it.
//!
//! Another area (casework, accounts, partners' API) adds a function of its own that gives a
//! `Router<App>` and one `merge` line here. Pages exist twice: at `/` in Indonesian, at `/en/` in
//! English; a handler takes `Extension<Lang>`.

use crate::lang::Lang;
use crate::pages::{api, check, dashboard, editions, family, help, simulate};
use crate::state::App;
use crate::{assets, guard, page};
use axum::Router;
use axum::extract::{Extension, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use tower_http::compression::CompressionLayer;

/// The whole server.
pub fn router(app: App) -> Router {
    Router::new()
        .merge(pages(app.clone(), Lang::Id))
        .nest("/en", pages(app.clone(), Lang::En))
        // A nested "/" answers at /en only.
        .route("/en/", get(dashboard::start).layer(Extension(Lang::En)))
        .merge(machines())
        .fallback(missing)
        .layer(CompressionLayer::new())
        .layer(from_fn(guard::headers))
        .with_state(app)
}

/// Pages, in one language.
fn pages(app: App, lang: Lang) -> Router<App> {
    public().merge(officers(app)).layer(Extension(lang))
}

/// For everybody.
fn public() -> Router<App> {
    Router::new()
        .route("/", get(dashboard::start))
        .route("/wilayah/{region}", get(dashboard::region))
        .route("/unduh/{region}", get(dashboard::download))
        .route("/cek", get(check::form).post(check::result))
        .route("/edisi", get(editions::list))
        .route("/edisi/{edition}", get(editions::one))
        .route("/bantuan", get(help::help))
        .route("/privasi", get(help::privacy))
        .route("/aksesibilitas", get(help::accessibility))
}

/// For who is signed in (guard::signed_in) and whom the policies allow: each page asks them.
fn officers(app: App) -> Router<App> {
    Router::new()
        .route("/edisi/{edition}/kepadatan", get(editions::density))
        .route("/keluarga", get(family::search).post(family::find))
        .route("/keluarga/{family}", get(family::one))
        .route("/wilayah/{region}/keluarga", get(family::village))
        .route("/simulasi", get(simulate::page))
        .route_layer(from_fn_with_state(app, guard::signed_in))
}

/// For machines: assets, health, API.
fn machines() -> Router<App> {
    Router::new()
        .route(&assets::STYLE_PATH, get(assets::style))
        .route(&assets::FONT_PATH, get(assets::font))
        .route(&assets::SIMULATE_PATH, get(assets::simulate))
        .route("/healthz", get(api::healthz))
        .route("/readyz", get(api::readyz))
        .route("/api/openapi.json", get(api::openapi))
        .route("/api/editions", get(api::editions))
        .route("/api/meter/{region}", get(api::meter))
}

async fn missing(State(app): State<App>) -> Response {
    page::answer(&app, Lang::Id, Err(page::Trouble::Missing))
}
