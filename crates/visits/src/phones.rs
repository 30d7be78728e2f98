//! Phones: which there are, signing one in, taking one back.

use crate::page::{Frame, Page, blocking, demand, go, html};
use crate::state::Visits;
use askama::Template;
use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::Response;
use casework::Session;
use serde::Deserialize;
use web::Lang;
use web::format;

struct Phone {
    number: u64,
    name: String,
    holder: String,
    seen: String,
    revoked: bool,
}

#[derive(Template)]
#[template(path = "devices.html")]
struct DevicesPage {
    frame: Frame,
    phones: Vec<Phone>,
    shown: Option<Shown>,
}

/// What a new phone is told, once.
struct Shown {
    address: String,
    server: String,
    user: String,
    password: String,
}

fn devices_page(visits: &Visits, who: &Session, shown: Option<Shown>) -> Page {
    let phones = visits.field().devices(&who.actor)?.into_iter().map(|d| Phone {
        number: d.device,
        name: d.name,
        holder: d.holder,
        seen: d.seen_at.map_or("belum pernah".to_owned(), |at| format::instant(Lang::Id, at)),
        revoked: d.revoked_at.is_some(),
    });
    html(&DevicesPage {
        frame: Frame::new(visits, "Ponsel", "ponsel", who),
        phones: phones.collect(),
        shown,
    })
}

/// `GET /lapangan/ponsel`
pub(crate) async fn devices(State(visits): State<Visits>, headers: HeaderMap) -> Response {
    blocking(visits, move |visits| {
        let who = demand(visits, &headers)?;
        devices_page(visits, &who, None)
    })
    .await
}

#[derive(Deserialize)]
pub(crate) struct PhoneForm {
    #[serde(default)]
    nama: String,
    #[serde(default)]
    cabut: Option<u64>,
}

/// `POST /lapangan/ponsel`: signs a phone in (its address is shown once), or takes one back.
pub(crate) async fn change_device(
    State(visits): State<Visits>,
    headers: HeaderMap,
    Form(form): Form<PhoneForm>,
) -> Response {
    blocking(visits, move |visits| {
        let who = demand(visits, &headers)?;
        if let Some(device) = form.cabut {
            visits.field().revoke(&who.actor, device)?;
            return go("/lapangan/ponsel");
        }
        let bearer = visits.field().enrol(&who.actor, &form.nama)?;
        let host = headers.get("host").and_then(|h| h.to_str().ok()).unwrap_or("localhost");
        let scheme = if visits.options().secure { "https" } else { "http" };
        let password = bearer.token.expose();
        let shown = Shown {
            address: format!("{scheme}://{host}/or/key/{password}"),
            server: format!("{scheme}://{host}/or"),
            user: bearer.user,
            password,
        };
        devices_page(visits, &who, Some(shown))
    })
    .await
}
