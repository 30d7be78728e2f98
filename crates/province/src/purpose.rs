//! The purposes of chance: each use has a stream of its own; adding one never moves another.

pub(crate) const VILLAGE: u64 = 1;
pub(crate) const FAMILY: u64 = 2;
pub(crate) const NAMES: u64 = 3;
pub(crate) const PILOT: u64 = 10;
pub(crate) const PILOT_NATION: u64 = 11;
pub(crate) const PILOT_SITE: u64 = 12;
pub(crate) const NATION_SITE: u64 = 13;
pub(crate) const NATION: u64 = 14;
pub(crate) const SURVEY: u64 = 15;
pub(crate) const LISTED: u64 = 20;
pub(crate) const EVENTS: u64 = 21;
/// Streams of the sources start here: one per source and use.
pub(crate) const SOURCE: u64 = 100;
