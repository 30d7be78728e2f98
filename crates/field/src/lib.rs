#![doc = include_str!("../README.md")]

mod allot;
mod campaign;
mod changes;
mod checks;
mod device;
mod error;
mod form;
mod keep;
mod kit;
mod kit_store;
mod known;
mod merge;
mod photo;
mod process;
mod progress;
mod receive;
mod review;
mod room;
mod time;

pub use allot::{Allotted, Assistant, Stop, allot};
pub use campaign::{Campaign, NewCampaign, Queue, Template, Visit};
pub use checks::{Doubt, Limits, Seen, Standard, check};
pub use device::{Bearer, Device, DeviceRow};
pub use error::FieldError;
pub use form::{Question, is_family_question, questions};
pub use kit::{Kit, KitError, KitFamily, KitForm, KitKey, KitReturn};
pub use kit_store::TakenBack;
pub use known::{KnownFamily, KnownPerson};
pub use merge::{Merged, merge};
pub use photo::{Developed, HASH_PIXELS, dhash, distance, is_blank};
pub use process::Processed;
pub use progress::{AssistantLine, DayLine, Progress, VillageLine};
pub use receive::{Arrival, Receipt, sha256};
pub use review::{Conflict, DoubtLine};
pub use room::Field;

/// Results of a visit, as the form codes them (Regsosek 2022, question 205).
pub const RESULTS: [(u8, &str); 5] = [
    (1, "Lengkap"),
    (2, "Belum lengkap"),
    (3, "Tidak ditemui"),
    (4, "Menolak"),
    (5, "Pindah atau tidak ditemukan"),
];
