//! The words of the room as types: channels, subjects, changes, reports, what comes back.

use kernel::{CaseId, FamilyId, PersonId, Region};
use serde::{Deserialize, Serialize};
use store::INDEX_BYTES;

macro_rules! channels {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $label:literal, $official:literal;)+) => {
        /// The door a report came through.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Channel { $($(#[$doc])* $name,)+ }

        impl Channel {
            /// All doors.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its word in columns.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// For people, in Indonesian.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)+ }
            }

            /// The door with this word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|channel| channel.word() == word)
            }

            /// Officials write for others here, so many reports of one source are no flood.
            #[must_use]
            pub const fn is_official(self) -> bool {
                match self { $(Self::$name => $official,)+ }
            }
        }
    };
}

channels! {
    /// Cek Bansos, the public portal.
    Portal = "portal", "Cek Bansos", false;
    /// The village office (SIKS-NG screens).
    Village = "village", "Kantor desa", true;
    /// Call centre 171.
    Call = "call", "Pusat panggilan 171", true;
    /// WhatsApp Lapor Bansos.
    Whatsapp = "whatsapp", "WhatsApp", false;
    /// A ground check.
    Ground = "ground", "Kunjungan rumah", true;
    /// A file of SIKS-NG.
    File = "file", "Berkas SIKS-NG", true;
    /// The API.
    Api = "api", "API", true;
    /// Padan itself.
    System = "system", "Sistem", true;
}

/// Whom a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A family of the registry.
    Family(FamilyId),
    /// Somebody who is not in it, by a blind index (of the NIK, or of name and village).
    Unknown([u8; INDEX_BYTES]),
}

impl Subject {
    /// Its form in the store.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Family(family) => family.to_string(),
            Self::Unknown(index) => format!("N{}", hex::encode(index)),
        }
    }

    /// The family, if it is one of the registry.
    #[must_use]
    pub const fn family(self) -> Option<FamilyId> {
        match self {
            Self::Family(family) => Some(family),
            Self::Unknown(_) => None,
        }
    }
}

/// A value that the reporter says, a visit found, or a decision accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// A column of the instrument, for example `wall_material`; or `cover`, `roll:pkh`, …
    pub variable: String,
    /// The person, for person columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<u64>,
    /// The code or number, as text.
    pub value: String,
}

/// How to reach the reporter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// `sms`, `whatsapp` or `email`.
    pub by: String,
    /// The number or address.
    pub address: String,
}

/// Evidence that comes with a report or a decision. Photos must be decoded and re-encoded before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvidence {
    /// A kind of `cases.toml`.
    pub kind: String,
    /// Its media type, for example `image/jpeg`.
    pub media: String,
    /// Its bytes; at most [`EVIDENCE_BYTES_MAX`].
    pub bytes: Vec<u8>,
    /// A line about it.
    pub note: String,
}

/// Largest piece of evidence, in bytes.
pub const EVIDENCE_BYTES_MAX: usize = 2 << 20;
/// Most pieces that come at once.
pub const EVIDENCE_COUNT_MAX: usize = 20;
/// Most changes in one report: every variable of a large family.
pub const CHANGES_MAX: usize = 400;

/// A report, by any door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReport {
    /// Made by the client and kept for retries: the same id has one effect.
    pub id: String,
    /// A kind of `cases.toml`.
    pub kind: String,
    /// The door.
    pub channel: Channel,
    /// The village it is about.
    pub village: Region,
    /// Whom.
    pub subject: Subject,
    /// The person, when it is about one.
    pub person: Option<PersonId>,
    /// What the reporter says.
    pub text: String,
    /// The values that the reporter says.
    pub changes: Vec<Change>,
    /// What it is about besides values, for example `cover` or `roll:pkh`. Values are topics by
    /// themselves; a report with neither is about its kind.
    pub topics: Vec<String>,
    /// Where to tell what happened.
    pub contact: Option<Contact>,
    /// Keyed token of the reporter (phone or NIK), never the number itself.
    pub reporter: [u8; INDEX_BYTES],
    /// True when the reporter belongs to the family.
    pub about_self: bool,
    /// Goes before others (in treatment).
    pub urgent: bool,
    /// Evidence.
    pub evidence: Vec<NewEvidence>,
}

/// What filing gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    /// The case.
    pub case: CaseId,
    /// Its number for people, for example `KB-5202-2611-0147`.
    pub ticket: String,
    /// The reporter's word to follow it with; shown once.
    pub follow: String,
    /// True when it joined a case that was open already.
    pub joined: bool,
    /// True when this very report was sent before.
    pub again: bool,
    /// Its place in the journal.
    pub seq: u64,
    /// The state for people.
    pub step_name: String,
    /// By when, in milliseconds since 1970.
    pub due_at: i64,
}

/// A decision on a case's step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Made by the client and kept for retries.
    pub command: String,
    /// The case.
    pub case: CaseId,
    /// A decision of the step.
    pub decision: String,
    /// Why, in words.
    pub reason: String,
    /// When the decision accepts: exactly these values; none: those that the reports ask for. Before
    /// that: what was found, kept in the case beside what was said.
    pub changes: Option<Vec<Change>>,
    /// Evidence.
    pub evidence: Vec<NewEvidence>,
}

/// What a decision gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acted {
    /// The step now, or `accepted` / `rejected` / `withdrawn`.
    pub step: String,
    /// The place in the journal.
    pub seq: u64,
    /// By when the next holder must act.
    pub due_at: Option<i64>,
    /// How many values were corrected.
    pub corrections: u64,
}

/// What the edition's own model says if a change is approved. Always an estimate, never the
/// official decile; whoever has the model (web) provides it.
pub trait Estimate: Send + Sync {
    /// The estimate, or none when the family cannot be scored.
    fn if_approved(&self, family: FamilyId, changes: &[Change]) -> Option<Estimated>;
}

/// An estimate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimated {
    /// The edition whose model and cut-offs were used.
    pub edition: String,
    /// The decile now (0: unranked).
    pub decile_now: u8,
    /// The decile then (0: unranked).
    pub decile_then: u8,
    /// Programmes for which something would change, in words.
    pub programmes: Vec<String>,
}
