//! Who is who: every record gets a person of the civil register, or a person of its own.
//!
//! ```text
//! spine rows ─▶ people ──▶ NIK equal and agreeing ──▶ scored (room `linkage`) ──▶ kept apart
//!               (two identities joined)        the rest ─┘            the rest ─┘
//! ```

pub mod agree;
pub mod cards;
pub mod exact;
pub mod family;
pub mod orphans;
pub mod place;
pub mod rest;
pub mod run;
pub mod spine;
pub mod tables;

use crate::records::Identity;

/// No person or family.
pub const NONE: u32 = u32::MAX;

/// How a record was linked; the codes of `links.method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Method {
    /// Not linked.
    Unlinked = 0,
    /// NIK equal, and everything else agrees.
    NikAgreeing = 1,
    /// By probability.
    Scored = 2,
    /// NIK equal, something else disagrees.
    NikDisagreeing = 3,
    /// Through the family: card number, electricity customer, head by name and place.
    WithinFamily = 4,
}

/// Why a record matches only with a remark, or not at all; the codes of `links.reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum MatchReason {
    /// Nothing to remark.
    Fine = 0,
    /// The record has no NIK.
    NikMissing = 1,
    /// Its NIK is not 16 well-formed digits.
    NikMalformed = 2,
    /// Its NIK is not in the civil register.
    NikNotInRegister = 3,
    /// Its NIK belongs to somebody else.
    NikOfOther = 4,
    /// The name differs from the register's.
    NameDiffers = 5,
    /// The birth date differs.
    BirthDiffers = 6,
    /// The sex differs.
    SexDiffers = 7,
    /// The person stands twice in the register, under two NIK.
    SecondIdentity = 8,
    /// Nobody in the register is like the record.
    NoCandidate = 9,
    /// Two or more people are alike: a person must decide.
    Doubtful = 10,
    /// Known by the family only.
    FamilyOnly = 11,
}

impl MatchReason {
    /// All reasons in the order of their codes.
    pub const ALL: [Self; 12] = [
        Self::Fine,
        Self::NikMissing,
        Self::NikMalformed,
        Self::NikNotInRegister,
        Self::NikOfOther,
        Self::NameDiffers,
        Self::BirthDiffers,
        Self::SexDiffers,
        Self::SecondIdentity,
        Self::NoCandidate,
        Self::Doubtful,
        Self::FamilyOnly,
    ];

    /// The word used in `persons.match_reason` and in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::NikMissing => "nik_missing",
            Self::NikMalformed => "nik_malformed",
            Self::NikNotInRegister => "nik_not_in_register",
            Self::NikOfOther => "nik_of_other",
            Self::NameDiffers => "name_differs",
            Self::BirthDiffers => "birth_date_differs",
            Self::SexDiffers => "sex_differs",
            Self::SecondIdentity => "second_identity",
            Self::NoCandidate => "no_candidate",
            Self::Doubtful => "doubtful",
            Self::FamilyOnly => "family_only",
        }
    }

    /// What is the matter, for a clerk of the civil register.
    #[must_use]
    pub const fn indonesian(self) -> &'static str {
        match self {
            Self::Fine => "Padan",
            Self::NikMissing => "NIK kosong pada data asal",
            Self::NikMalformed => "NIK tidak terdiri dari 16 angka yang sah",
            Self::NikNotInRegister => "NIK tidak ada di data kependudukan",
            Self::NikOfOther => "NIK milik orang lain",
            Self::NameDiffers => "Nama berbeda dari data kependudukan",
            Self::BirthDiffers => "Tanggal lahir berbeda dari data kependudukan",
            Self::SexDiffers => "Jenis kelamin berbeda dari data kependudukan",
            Self::SecondIdentity => "Orang yang sama tercatat dengan dua NIK",
            Self::NoCandidate => "Tidak ada orang yang mirip di data kependudukan",
            Self::Doubtful => "Dua orang atau lebih mirip; perlu diperiksa petugas",
            Self::FamilyOnly => "Hanya keluarganya yang dikenali",
        }
    }

    /// The same in English.
    #[must_use]
    pub const fn english(self) -> &'static str {
        match self {
            Self::Fine => "Matches",
            Self::NikMissing => "The record has no NIK",
            Self::NikMalformed => "The NIK is not 16 valid digits",
            Self::NikNotInRegister => "The NIK is not in the civil register",
            Self::NikOfOther => "The NIK is another person's",
            Self::NameDiffers => "The name differs from the register's",
            Self::BirthDiffers => "The birth date differs from the register's",
            Self::SexDiffers => "The sex differs from the register's",
            Self::SecondIdentity => "One person stands in the register under two NIK",
            Self::NoCandidate => "Nobody in the register is like this record",
            Self::Doubtful => "Two or more people are alike; somebody must look",
            Self::FamilyOnly => "Only the family is known",
        }
    }

    /// The reason with this code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

/// The links of one record table, a row per record, as plain columns.
#[derive(Debug, Clone, Default)]
pub struct Links {
    /// Person, or [`NONE`].
    pub person: Vec<u32>,
    /// [`Method`].
    pub method: Vec<u8>,
    /// [`MatchReason`].
    pub reason: Vec<u8>,
    /// Log2 of the Bayes factor, prior included.
    pub weight: Vec<f32>,
    /// Probability that the link is right.
    pub probability: Vec<f32>,
    /// Levels of agreement, packed ([`agree::unpack`]), 0 none.
    pub evidence: Vec<u16>,
}

impl Links {
    /// `rows` records without a link.
    #[must_use]
    pub fn unlinked(rows: usize) -> Self {
        Self {
            person: vec![NONE; rows],
            method: vec![Method::Unlinked as u8; rows],
            reason: vec![MatchReason::NoCandidate as u8; rows],
            weight: vec![0.0; rows],
            probability: vec![0.0; rows],
            evidence: vec![0; rows],
        }
    }

    /// Sets the link of one record.
    pub fn set(&mut self, row: usize, person: u32, method: Method, reason: MatchReason, bits: f64) {
        self.person[row] = person;
        self.method[row] = method as u8;
        self.reason[row] = reason as u8;
        self.weight[row] = bits as f32;
        self.probability[row] = (1.0 / (1.0 + (-bits).exp2())) as f32;
    }
}

/// What scoring says of one record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proposal {
    /// The likeliest person of the register, or [`NONE`].
    pub best: u32,
    /// The next, or [`NONE`] when there is none or it is not known who.
    pub runner_up: u32,
    /// Log2 of the odds for the likeliest, prior included.
    pub weight: f64,
    /// Probability of the likeliest, all candidates competing.
    pub probability: f64,
    /// Bits between the two; infinite without a second.
    pub gap: f64,
}

impl Proposal {
    /// Nobody.
    pub const NOBODY: Self = Self {
        best: NONE,
        runner_up: NONE,
        weight: f64::NEG_INFINITY,
        probability: 0.0,
        gap: f64::INFINITY,
    };
}

/// Scores the records that no NIK decided against the register. Room `linkage` is one; tests bring
/// a plain one.
pub trait Matcher {
    /// The likeliest person of `right` (the register) for every row of `left`.
    ///
    /// # Errors
    /// With a message for the user.
    fn propose(&self, left: &Identity, right: &Identity) -> Result<Vec<Proposal>, String>;
}

/// A pair a person should look at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Review {
    /// The record.
    pub record: u64,
    /// The likeliest person.
    pub candidate: u32,
    /// The next, or [`NONE`].
    pub runner_up: u32,
    /// Probability of the candidate.
    pub probability: f64,
    /// Bits between the two.
    pub gap: f64,
}
