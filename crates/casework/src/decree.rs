//! Ending cover by decree, with due process, and the way back.
//!
//! ```text
//! cover_roll of an edition ─ simulate ─▶ counts
//!        └─ propose_decree ─▶ decree_person (a ground each), hash of the list ─▶ second person
//!             ─ notice ─▶ outbox, one letter per person ─ take_effect (notice days later) ─▶ cut off
//!                  ─ aware ─ apply (a case, and cover for the time being) ─ in review ─▶ active again
//! ```
//!
//! Everything about many people is one statement over sets. The list can be made again from the
//! edition and the rule at any time and gives the same hash ([`Casework::replay_decree`]).

mod back;
mod carry;
mod counts;
mod list;
mod outreach;
mod roll;
mod rules;

pub use back::{Applied, CoverNow, NewSwitch, Paper, Switched};
pub(crate) use counts::span;
pub use counts::{Funnel, FunnelCell, FunnelQuery, Silent, stage};
pub use list::{CutRule, Decree, DecreeDates, NewDecree, Simulated, SimulatedCell};
pub use roll::{CoverLoad, CoverRow, hold, mark, segment};
pub use rules::{AskRule, DecreeRules, GroundRule, HoldRule, SchemeRule, Seen};
