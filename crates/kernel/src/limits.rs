//! A limit on everything that comes from outside, in one place.

/// Longest line of a delivery, in bytes. A longer one is quarantined with its first bytes.
pub const LINE_BYTES_MAX: usize = 1 << 20;
/// Longest single value of a delivery, in bytes.
pub const FIELD_BYTES_MAX: usize = 64 * 1024;
/// Most columns of a delivery.
pub const COLUMNS_MAX: usize = 4_096;
/// Longest name of a person, in bytes, after cleaning.
pub const NAME_BYTES_MAX: usize = 200;
/// Longest original text kept with a finding, in bytes.
pub const FINDING_TEXT_BYTES_MAX: usize = 500;
/// Oldest plausible age, in years. (The instrument writes 98 for 98 and older.)
pub const AGE_YEARS_MAX: i32 = 120;
/// Most members of one family.
pub const FAMILY_MEMBERS_MAX: usize = 60;
/// Largest configuration file (spec, rules, mapping), in bytes.
pub const CONFIG_BYTES_MAX: u64 = 4 << 20;

const _: () = assert!(FIELD_BYTES_MAX < LINE_BYTES_MAX);
const _: () = assert!(NAME_BYTES_MAX < FIELD_BYTES_MAX);
