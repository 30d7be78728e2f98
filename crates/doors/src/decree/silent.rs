//! `/pbi/desa/{village}`: families of deciles 1 to 5 who are cut off and have not been heard of, for
//! the village's outreach. Names are read for work, so signing in is needed and reading is noted.

use super::newest;
use crate::page::{Frame, Trouble, blocking, demand, go, html};
use crate::registry;
use crate::state::Doors;
use access::{Action, Resource};
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use casework::DecreeRules;
use kernel::{FamilyId, Level, Region};
use serde::Deserialize;

/// Families shown at once.
const ROWS_MAX: u32 = 200;

struct Row {
    family: u64,
    head: String,
    place: String,
    decile: i64,
    people: u64,
    reason: String,
}

#[derive(Template)]
#[template(path = "silent.html")]
struct SilentPage {
    frame: Frame,
    village: String,
    here: String,
    back: String,
    rows: Vec<Row>,
    more: bool,
    may_note: bool,
}

/// `GET /pbi/desa/{village}`
pub(crate) async fn page(
    State(doors): State<Doors>,
    Path(village): Path<String>,
    headers: HeaderMap,
) -> Response {
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        let village = Region::parse(&village).map_err(|_| Trouble::Missing)?;
        let Some(decree) = newest(doors)? else { return Err(Trouble::Missing) };
        let rules = DecreeRules::builtin()?;
        let found = doors.work().silent(&who.actor, &decree.id, village, ROWS_MAX)?;
        let mut rows = Vec::new();
        let mut name = village.to_string();
        for silent in found {
            let family = registry::family(doors, FamilyId::new(silent.family))?;
            if let Some(family) = &family {
                name.clone_from(&family.village_name);
            }
            rows.push(Row {
                family: silent.family,
                head: family
                    .as_ref()
                    .map_or_else(|| "Keluarga belum termuat".to_owned(), |f| f.head.clone()),
                place: family.map_or_else(String::new, |f| f.place),
                decile: silent.decile,
                people: silent.people,
                reason: rules.ground(silent.ground).map(|g| g.reason.clone()).unwrap_or_default(),
            });
        }
        if !rows.is_empty() {
            doors.work().note_reading(&who.actor, "silent_list", FamilyId::new(0))?;
        }
        let up = village.at(Level::District).unwrap_or(village);
        let policies = doors.work().policies();
        html(&SilentPage {
            frame: Frame::new(doors, "Belum terdengar", "pbi", Some(&who)),
            village: name,
            here: format!("/pbi/desa/{village}"),
            back: format!("/pbi?wilayah={up}"),
            more: rows.len() as u32 == ROWS_MAX,
            may_note: policies.decide(&who.actor, Action::CaseCheck, &Resource::open_in(village)),
            rows,
        })
    })
    .await
}

/// A family that was reached.
#[derive(Deserialize)]
pub(crate) struct Reached {
    keluarga: u64,
}

/// `POST /pbi/desa/{village}`: the village went there and told them.
pub(crate) async fn reached(
    State(doors): State<Doors>,
    Path(village): Path<String>,
    headers: HeaderMap,
    Form(typed): Form<Reached>,
) -> Response {
    blocking(doors, move |doors| {
        let who = demand(doors, &headers)?;
        let village = Region::parse(&village).map_err(|_| Trouble::Missing)?;
        let Some(decree) = newest(doors)? else { return Err(Trouble::Missing) };
        let family = FamilyId::new(typed.keluarga);
        doors.work().note_reached(&who.actor, &decree.id, village, family)?;
        go(&format!("/pbi/desa/{village}"))
    })
    .await
}
