//! Published figures of Nusa Tenggara Barat that the province must show, and shares assumed where
//! nothing recent is published. Each states its source; see `docs/benchmarks/province.md`.

use crate::shape::Published;

/// People of the province (Dukcapil, December 2024).
pub const PEOPLE_ALL: u64 = 5_751_295;
/// Fewest people a province can be generated with.
pub const PEOPLE_MIN: u64 = 1_000;
/// People per family, DTSEN 23 January 2026 (national).
pub const FAMILY_SIZE: f64 = 3.04;
/// Poverty line of the province, September 2025, rupiah per person and month.
pub const LINE: f64 = 575_856.0;
/// Share of people below it.
pub const POOR: f64 = 0.1138;
/// Gini coefficient, September 2025.
pub const GINI: f64 = 0.364;
/// Share of the lowest 40 %, September 2025.
pub const LOWEST_40: f64 = 0.1923;
/// Urban poverty line, September 2025.
pub const LINE_URBAN: f64 = 593_069.0;
/// Rural poverty line, September 2025.
pub const LINE_RURAL: f64 = 555_647.0;
/// Seats of PBI-JK cut off on 1 February 2026, as a share of people (322,558 of 5,751,295).
pub const CUT: f64 = 322_558.0 / 5_751_295.0;
/// Share of them active again by 9 March 2026 (national: 869 thousand of 11 million).
pub const RESTORED: f64 = 0.079;
/// Families receiving Sembako (target of the province to March 2025).
pub const SEMBAKO: f64 = 505_565.0;
/// Families receiving PKH. No figure for the province was found: assumed at 60 % of Sembako's, the
/// national proportion (more than 8 million to 15 million on 1 July 2025, rounded up).
pub const PKH: f64 = 303_000.0;

/// Urban part: Gini and poverty as published for September 2025; the lowest-40 share is March
/// 2025's moved by the province's change since.
pub(crate) const URBAN: Published =
    Published { gini: 0.386, lowest_40: 0.1795, line: LINE_URBAN, poor: 0.1170 };
/// Rural part, likewise.
pub(crate) const RURAL: Published =
    Published { gini: 0.328, lowest_40: 0.2115, line: LINE_RURAL, poor: 0.1102 };
/// Indonesia, September 2025 (line, rate, Gini published; lowest-40 share assumed as NTB's).
pub(crate) const NATION: Published =
    Published { gini: 0.363, lowest_40: 0.1928, line: 641_443.0, poor: 0.0825 };

/// What is published about one regency.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RegencyTarget {
    /// Kemendagri code.
    pub code: u64,
    /// People, December 2024.
    pub people: u64,
    /// Poverty, percent, 2024 (moved to September 2025 by the province's ratio).
    pub poor_2024: f64,
    /// Families with their own toilet, percent, 2022.
    pub own_toilet: f64,
    /// Share of people in urban villages: assumed (0.53 for the province follows from the
    /// published urban, rural and total poverty).
    pub urban: f64,
    /// People cut from PBI-JK on 1 February 2026; 0 where only the remainder is known.
    pub cut: u64,
}

const fn regency(
    code: u64,
    people: u64,
    poor_2024: f64,
    own_toilet: f64,
    urban: f64,
    cut: u64,
) -> RegencyTarget {
    RegencyTarget { code, people, poor_2024, own_toilet, urban, cut }
}

/// The ten regencies and cities.
pub(crate) const REGENCIES: [RegencyTarget; 10] = [
    regency(5201, 762_757, 12.65, 70.90, 0.62, 46_926),
    regency(5202, 1_128_716, 12.07, 72.66, 0.50, 0),
    regency(5203, 1_457_591, 14.0, 76.27, 0.58, 61_000),
    regency(5204, 527_715, 12.87, 86.58, 0.38, 0),
    regency(5205, 277_837, 11.59, 72.48, 0.36, 0),
    regency(5206, 543_582, 13.0, 72.93, 0.24, 0),
    regency(5207, 156_059, 12.0, 94.01, 0.42, 0),
    regency(5208, 269_989, 23.0, 73.71, 0.26, 10_090),
    regency(5271, 461_936, 8.0, 86.15, 1.0, 9_357),
    regency(5272, 165_113, 8.12, 81.26, 0.85, 0),
];

/// Own, contract or rent, rent-free, official, other (own house 80.16 %, contract 9.96, rent-free
/// 9.08, official and other 0.80: Indonesia 2022; the province's own figures were not obtained).
pub(crate) const TENURE: [f64; 5] = [0.8016, 0.0996, 0.0908, 0.005, 0.003];
/// PLN with meter, without, other electricity, none (assumed: 2014's shares moved to today).
pub(crate) const LIGHTING: [f64; 4] = [0.930, 0.058, 0.007, 0.005];
/// 450, 900, 1,300, 2,200, more VA, of families with a meter (assumed, 450 VA was 78 % in 2014).
pub(crate) const POWER: [f64; 5] = [0.60, 0.28, 0.075, 0.028, 0.017];

/// One yes-or-no possession: share of families and how steeply it rises with consumption (change of
/// the probit index per standard deviation of log consumption; slopes of Indonesia 2008, shares
/// moved to today where no table was found).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub name: &'static str,
    pub share: f64,
    pub slope: f64,
}

const fn item(name: &'static str, share: f64, slope: f64) -> Item {
    Item { name, share, slope }
}

/// The sixteen assets, in the order of the instrument.
pub(crate) const ASSETS: [Item; 16] = [
    item("asset_gas_cylinder", 0.09, 0.45),
    item("asset_fridge", 0.57, 0.53),
    item("asset_ac", 0.055, 0.62),
    item("asset_water_heater", 0.012, 0.55),
    item("asset_telephone", 0.011, 0.45),
    item("asset_tv", 0.24, 0.48),
    item("asset_gold", 0.19, 0.40),
    item("asset_computer", 0.145, 0.58),
    item("asset_motorcycle", 0.78, 0.41),
    item("asset_bicycle", 0.25, 0.05),
    item("asset_car", 0.075, 0.58),
    item("asset_boat", 0.014, -0.10),
    item("asset_motorboat", 0.013, 0.05),
    item("asset_smartphone", 0.81, 0.42),
    item("asset_land", 0.23, 0.18),
    item("asset_house", 0.045, 0.38),
];
