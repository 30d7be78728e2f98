#![doc = include_str!("../README.md")]

mod accounts;
mod act;
mod appeal;
mod backup;
mod calendar;
mod case;
mod codes;
mod corrections;
mod courier;
mod decree;
mod error;
mod filter;
mod health;
mod late;
mod mass;
mod messages;
mod pulse;
mod replay;
mod report;
mod room;
mod sequencer;
mod sessions;
mod tables;
mod text;
mod view;
mod windows;
mod words;

pub use accounts::{Account, NewAccount, Session};
pub use backup::{Backed, BackupKey, Restored, restore};
pub use calendar::{Calendar, Count, day_of, end_of};
pub use case::CaseRow;
pub use codes::Citizen;
pub use corrections::Correction;
pub use decree::{
    Applied, AskRule, CoverLoad, CoverNow, CoverRow, CutRule, Decree, DecreeDates, DecreeRules,
    Funnel, FunnelCell, FunnelQuery, GroundRule, HoldRule, NewDecree, NewSwitch, Paper, SchemeRule,
    Seen, Silent, Simulated, SimulatedCell, Switched, hold, mark, segment, stage,
};
pub use error::CaseworkError;
pub use health::DoorHealth;
pub use mass::{MassAction, MassProposal};
pub use messages::{Message, Messages};
pub use pulse::{BackPulse, DoorPulse, Pulse, WEEKS as PULSE_WEEKS};
pub use replay::{Known, Replay};
pub use report::FLOOD_PER_DAY;
pub use room::Casework;
pub use sessions::{How, SessionLine};
pub use tables::{ClockRule, DecisionRule, EvidenceRule, KindRule, StepRule, Tables, is_end};
pub use text::{REASON_CHARS_MIN, TEXT_CHARS_MAX, limited, mask_numbers};
pub use view::{
    Basket, CaseView, EventLine, EvidenceLine, ListQuery, PAGE_MAX, PublicView, ReadLine,
    ReportLine, role_label,
};
pub use windows::{Standing as WindowStanding, Window, windows};
pub use words::{
    Act, Acted, CHANGES_MAX, Change, Channel, Contact, EVIDENCE_BYTES_MAX, EVIDENCE_COUNT_MAX,
    Estimate, Estimated, Filed, NewEvidence, NewReport, Subject,
};
