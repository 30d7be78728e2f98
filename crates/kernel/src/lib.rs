#![doc = include_str!("../README.md")]

pub mod chance;
pub mod clock;
pub mod date;
pub mod decile;
pub mod ids;
pub mod kinship;
pub mod limits;
pub mod money;
pub mod nik;
pub mod region;
pub mod seats;
pub mod suggest;

pub use chance::Chance;
pub use clock::{Clock, FixedClock, SystemClock};
pub use date::Date;
pub use decile::{Decile, Standing, UnrankedReason};
pub use ids::{CaseId, EditionId, FamilyId, PersonId};
pub use kinship::Sex;
pub use money::Rupiah;
pub use nik::{Kk, Nik, NikError, NikParts};
pub use region::{BpsRegion, Level, Region, RegionError};
pub use seats::apportion;
