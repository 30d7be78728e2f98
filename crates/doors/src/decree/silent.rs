//! `/pbi/desa/{village}`: families of deciles 1 to 5 who are cut off and have not been heard of, for
//! the village's outreach. Names are read for work, so signing in is needed and reading is noted.

use super::newest;
use crate::page::{Frame, Trouble, blocking, demand, html};
use crate::registry;
use crate::state::Doors;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use casework::DecreeRules;
use kernel::{FamilyId, Level, Region};

/// Families shown at once.
const ROWS_MAX: u32 = 200;

struct Row {
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
    back: String,
    rows: Vec<Row>,
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
        html(&SilentPage {
            frame: Frame::new(doors, "Belum terdengar", "pbi", Some(&who)),
            village: name,
            back: format!("/pbi?wilayah={up}"),
            rows,
        })
    })
    .await
}
