//! Features as small bin numbers, the form in which trees look at them.

use crate::encode::{ABSENT, Feature, FeatureKind, OTHER, Values, quantiles};
use crate::model::Side;

/// Most value bins of a number.
const MOST: usize = 48;

/// One binned feature. Bin 0 is a missing answer.
pub(crate) struct Binned {
    /// Bin per row.
    pub bins: Vec<u8>,
    pub count: usize,
    /// True when bins have an order (numbers).
    pub ordered: bool,
    /// +1 or -1 when the effect may only rise or fall.
    pub monotone: i8,
    pub side: Side,
}

/// Bins a feature.
pub(crate) fn bin(feature: &Feature, values: &Values, monotone: i8) -> Binned {
    match (&feature.kind, values) {
        (FeatureKind::Codes { codes }, Values::Level(levels)) => {
            // Longer lists than a byte holds keep their first codes; the rest count as other.
            let keep = codes.len().min(250);
            let of = |&level: &usize| match level {
                ABSENT => 0,
                OTHER => keep + 1,
                level => level.min(keep) + 1,
            };
            let side = Side {
                name: feature.name.clone(),
                edges: Vec::new(),
                codes: codes[..keep].iter().map(|(code, _)| code.clone()).collect(),
            };
            Binned {
                bins: levels.iter().map(|l| of(l) as u8).collect(),
                count: side.bins(),
                ordered: false,
                monotone: 0,
                side,
            }
        }
        (_, Values::Number(numbers)) => {
            let mut seen: Vec<f64> = numbers.iter().copied().filter(|v| !v.is_nan()).collect();
            seen.sort_unstable_by(f64::total_cmp);
            let mut distinct = seen.clone();
            distinct.dedup();
            let grid = quantiles(&seen, &distinct, MOST);
            let edges: Vec<f64> = grid.windows(2).map(|w| 0.5 * (w[0] + w[1])).collect();
            let side = Side { name: feature.name.clone(), edges, codes: Vec::new() };
            Binned {
                bins: numbers.iter().map(|&x| side.bin_of_number(x) as u8).collect(),
                count: side.bins(),
                ordered: true,
                monotone,
                side,
            }
        }
        (FeatureKind::Number { .. }, Values::Level(_)) => {
            let side = Side { name: feature.name.clone(), edges: Vec::new(), codes: Vec::new() };
            Binned { bins: Vec::new(), count: 1, ordered: true, monotone: 0, side }
        }
    }
}
