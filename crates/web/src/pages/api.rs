//! For machines: health, and the public counts as JSON. Small cells are hidden as on the pages.

use super::dashboard::{Asked, Filter, asked, dotted};
use crate::counts::{self, Count, Summary, hidden};
use crate::page::Trouble;
use crate::state::App;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The OpenAPI document; a test holds it against the router.
pub const OPENAPI: &str = include_str!("../../openapi.json");

/// GET `/healthz`: the process answers.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// GET `/readyz`: an edition can be read.
pub async fn readyz(State(app): State<App>) -> Response {
    let ready = tokio::task::spawn_blocking(move || app.view(None)).await;
    match ready {
        Ok(Ok(Some(view))) => format!("ready: edition {}\n", view.row.name).into_response(),
        Ok(Ok(None)) => {
            (StatusCode::SERVICE_UNAVAILABLE, "no edition is published\n").into_response()
        }
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response(),
    }
}

/// GET `/api/openapi.json`
pub async fn openapi(State(app): State<App>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.api().to_owned()).into_response()
}

/// This room's document with the paths and components of another's. What the other says of all its
/// operations (who may call them) is said of each, since it does not hold here.
pub(crate) fn joined(other: &str) -> String {
    let (Ok(mut all), Ok(other)) =
        (serde_json::from_str::<Value>(OPENAPI), serde_json::from_str::<Value>(other))
    else {
        return OPENAPI.to_owned();
    };
    let security = other.get("security").cloned();
    for (path, item) in other["paths"].as_object().into_iter().flatten() {
        let mut item = item.clone();
        for operation in item.as_object_mut().into_iter().flat_map(|item| item.values_mut()) {
            if let (Some(security), None) = (&security, operation.get("security")) {
                operation["security"] = security.clone();
            }
        }
        all["paths"][path] = item;
    }
    all["components"] = other["components"].clone();
    all.to_string()
}

async fn json_of(
    app: App,
    work: impl FnOnce(&App) -> Result<Value, Trouble> + Send + 'static,
) -> Response {
    let result = tokio::task::spawn_blocking(move || work(&app)).await;
    let (status, code) = match result {
        Ok(Ok(body)) => return Json(body).into_response(),
        Ok(Err(Trouble::Missing)) => (StatusCode::NOT_FOUND, "not_found"),
        Ok(Err(Trouble::Empty | Trouble::Away)) => (StatusCode::SERVICE_UNAVAILABLE, "away"),
        Ok(Err(Trouble::Fault(why))) => {
            eprintln!("web: {why}");
            (StatusCode::INTERNAL_SERVER_ERROR, "internal")
        }
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
    };
    (status, Json(json!({ "error": code }))).into_response()
}

/// GET `/api/editions`
pub async fn editions(State(app): State<App>) -> Response {
    json_of(app, |app| {
        let rows = app.store().editions()?;
        let list: Vec<Value> = rows
            .iter()
            .map(|row| {
                json!({"edition": row.name, "as_of": row.as_of,
                    "manifest_sha256": row.manifest_sha256, "published_at_ms": row.published_at})
            })
            .collect();
        Ok(json!({ "editions": list }))
    })
    .await
}

/// GET `/api/meter/{region}?program=…&edisi=…`
pub async fn meter(
    State(app): State<App>,
    Path(region): Path<String>,
    Query(filter): Query<Filter>,
) -> Response {
    json_of(app, move |app| {
        let Asked { view, programme, place } = asked(app, &region, &filter)?;
        let (own, children) = app.store().read_edition(view.row.number, |reader| {
            let own = counts::meter(reader, place.region, &programme.id)?;
            Ok::<_, store::StoreError>((
                own,
                counts::children(reader, place.region, &programme.id)?,
            ))
        })?;
        let sums: Vec<(u64, Summary)> =
            children.iter().map(|(r, d)| (*r, Summary::of(d, programme.cut))).collect();
        let missed = hidden(&sums.iter().map(|(_, s)| s.missed).collect::<Vec<_>>());
        let leaked = hidden(&sums.iter().map(|(_, s)| s.leaked).collect::<Vec<_>>());
        let shown = |gap: bool, count: Count| if gap { Value::Null } else { json!(count.units) };
        let below: Vec<Value> = sums
            .iter()
            .enumerate()
            .map(|(at, (region, sum))| {
                json!({"region": dotted(*region), "missed": shown(missed[at], sum.missed),
                    "leaked": shown(leaked[at], sum.leaked)})
            })
            .collect();
        let sum = Summary::of(&own.deciles, programme.cut);
        Ok(json!({
            "edition": view.row.name, "programme": programme.id,
            "unit": if programme.by_family { "family" } else { "person" },
            "decile_max": programme.cut, "region": dotted(place.region), "name": place.name,
            "missed": shown(!sum.missed.open(), sum.missed),
            "leaked": shown(!sum.leaked.open(), sum.leaked),
            "below": below,
        }))
    })
    .await
}
