//! What changed between two editions: who came and went, whose decile moved and how far.
//!
//! The seven drift classes are those of the field's own monitor (decile B minus decile A): at most
//! −7 extreme fall, −4 significant fall, below 0 fall, 0 same, up to 3 rise, up to 6 significant
//! rise, above that extreme rise; and incomplete data where either side has no decile.

use crate::EditionError;
use engine::read_table;
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// A drift class, from extreme fall to extreme rise; an eighth for "no decile on a side".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Drift {
    /// −7 or lower.
    ExtremeFall,
    /// −6 to −4.
    SignificantFall,
    /// −3 to −1.
    Fall,
    /// 0.
    Same,
    /// 1 to 3.
    Rise,
    /// 4 to 6.
    SignificantRise,
    /// 7 or higher.
    ExtremeRise,
    /// Unranked before or now.
    Incomplete,
}

impl Drift {
    /// All, in order.
    pub const ALL: [Self; 8] = [
        Self::ExtremeFall,
        Self::SignificantFall,
        Self::Fall,
        Self::Same,
        Self::Rise,
        Self::SignificantRise,
        Self::ExtremeRise,
        Self::Incomplete,
    ];

    /// The class of a family with decile `before` and `now` (0 unranked).
    #[must_use]
    pub const fn of(before: u8, now: u8) -> Self {
        if before == 0 || now == 0 {
            return Self::Incomplete;
        }
        match now as i8 - before as i8 {
            ..=-7 => Self::ExtremeFall,
            -6..=-4 => Self::SignificantFall,
            -3..=-1 => Self::Fall,
            0 => Self::Same,
            1..=3 => Self::Rise,
            4..=6 => Self::SignificantRise,
            7.. => Self::ExtremeRise,
        }
    }

    /// The field's word.
    #[must_use]
    pub const fn indonesian(self) -> &'static str {
        match self {
            Self::ExtremeFall => "Turun Ekstrem",
            Self::SignificantFall => "Turun Signifikan",
            Self::Fall => "Turun",
            Self::Same => "Tetap",
            Self::Rise => "Naik",
            Self::SignificantRise => "Naik Signifikan",
            Self::ExtremeRise => "Naik Ekstrem",
            Self::Incomplete => "Data Tidak Lengkap",
        }
    }
}

/// The difference of two editions.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Difference {
    /// Families in both.
    pub families_kept: u64,
    /// Families only in the second.
    pub families_new: u64,
    /// Families only in the first.
    pub families_gone: u64,
    /// People in both.
    pub persons_kept: u64,
    /// People only in the second.
    pub persons_new: u64,
    /// People only in the first.
    pub persons_gone: u64,
    /// Kept people in another family.
    pub persons_moved_family: u64,
    /// Kept people who died in between.
    pub persons_died: u64,
    /// Kept families per drift class.
    pub drift: BTreeMap<String, u64>,
    /// Kept families by decile before (row) and now (column), 0 unranked.
    pub transitions: Vec<[u64; 11]>,
    /// Per regency: families kept, new, gone, moved in, moved out, fallen, risen.
    pub regencies: BTreeMap<u64, RegionDifference>,
}

/// The difference within one regency.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RegionDifference {
    /// Families that stayed in it.
    pub kept: u64,
    /// Families that were in no edition before.
    pub new: u64,
    /// Families that are in none now.
    pub gone: u64,
    /// Families that came from another regency.
    pub moved_in: u64,
    /// Families that went to another regency.
    pub moved_out: u64,
    /// Families whose decile fell.
    pub fell: u64,
    /// Families whose decile rose.
    pub rose: u64,
}

struct Side {
    family: Vec<u64>,
    village: Vec<u64>,
    decile: Vec<u8>,
    person: Vec<u64>,
    person_family: Vec<u64>,
    alive: Vec<bool>,
}

impl Side {
    fn read(edition: &Path) -> Result<Self, EditionError> {
        let f = read_table(&edition.join("families.parquet"), &["family_id", "village"])?;
        let s = read_table(&edition.join("scores.parquet"), &["family_id", "decile"])?;
        let p = read_table(&edition.join("persons.parquet"), &["person_id", "family_id", "alive"])?;
        let family = f.u64s("family_id", 0)?;
        let scored: FxHashMap<u64, u8> =
            s.u64s("family_id", 0)?.into_iter().zip(s.u8s("decile", 0)?).collect();
        Ok(Self {
            decile: family.iter().map(|id| scored.get(id).copied().unwrap_or(0)).collect(),
            family,
            village: f.u64s("village", 0)?,
            person: p.u64s("person_id", 0)?,
            person_family: p.u64s("family_id", 0)?,
            alive: p.bools("alive", true)?,
        })
    }
}

/// Walks two ascending id columns: pairs in both, rows only in one. Rows are `None` on the side
/// where the id is absent.
fn walk(a: &[u64], b: &[u64], mut see: impl FnMut(Option<usize>, Option<usize>)) {
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let before = a.get(i).copied().unwrap_or(u64::MAX);
        let now = b.get(j).copied().unwrap_or(u64::MAX);
        match before.cmp(&now) {
            std::cmp::Ordering::Less => {
                see(Some(i), None);
                i += 1;
            }
            std::cmp::Ordering::Greater => {
                see(None, Some(j));
                j += 1;
            }
            std::cmp::Ordering::Equal => {
                see(Some(i), Some(j));
                i += 1;
                j += 1;
            }
        }
    }
}

/// Compares two sealed editions: `a` before, `b` now.
///
/// # Errors
/// When a table is absent or damaged.
pub fn diff(a: &Path, b: &Path) -> Result<Difference, EditionError> {
    let (before, now) = (Side::read(a)?, Side::read(b)?);
    let mut out = Difference { transitions: vec![[0; 11]; 11], ..Difference::default() };
    for class in Drift::ALL {
        out.drift.insert(class.indonesian().to_owned(), 0);
    }
    walk(&before.family, &now.family, |i, j| out.family(&before, &now, i, j));
    walk(&before.person, &now.person, |i, j| match (i, j) {
        (Some(i), Some(j)) => {
            out.persons_kept += 1;
            out.persons_moved_family += u64::from(before.person_family[i] != now.person_family[j]);
            out.persons_died += u64::from(before.alive[i] && !now.alive[j]);
        }
        (Some(_), None) => out.persons_gone += 1,
        _ => out.persons_new += 1,
    });
    Ok(out)
}

impl Difference {
    fn family(&mut self, before: &Side, now: &Side, i: Option<usize>, j: Option<usize>) {
        let regency = |village: u64| village / 1_000_000;
        match (i, j) {
            (Some(i), Some(j)) => {
                self.families_kept += 1;
                let (was, is) = (before.decile[i], now.decile[j]);
                let class = Drift::of(was, is);
                *self.drift.entry(class.indonesian().to_owned()).or_default() += 1;
                self.transitions[usize::from(was.min(10))][usize::from(is.min(10))] += 1;
                let (from, to) = (regency(before.village[i]), regency(now.village[j]));
                let here = self.regencies.entry(to).or_default();
                here.kept += u64::from(from == to);
                here.moved_in += u64::from(from != to);
                here.fell += u64::from(class < Drift::Same);
                here.rose += u64::from(class > Drift::Same && class != Drift::Incomplete);
                if from != to {
                    self.regencies.entry(from).or_default().moved_out += 1;
                }
            }
            (Some(i), None) => {
                self.families_gone += 1;
                self.regencies.entry(regency(before.village[i])).or_default().gone += 1;
            }
            (None, Some(j)) => {
                self.families_new += 1;
                self.regencies.entry(regency(now.village[j])).or_default().new += 1;
            }
            (None, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_classes_have_the_fields_edges() {
        let check =
            |before, now, class| assert_eq!(Drift::of(before, now), class, "{before} {now}");
        check(10, 3, Drift::ExtremeFall);
        check(10, 4, Drift::SignificantFall);
        check(8, 4, Drift::SignificantFall);
        check(7, 4, Drift::Fall);
        check(5, 5, Drift::Same);
        check(4, 7, Drift::Rise);
        check(3, 7, Drift::SignificantRise);
        check(1, 7, Drift::SignificantRise);
        check(1, 8, Drift::ExtremeRise);
        check(0, 8, Drift::Incomplete);
    }

    #[test]
    fn walking_sees_every_id_once() {
        let mut seen = Vec::new();
        walk(&[1, 2, 5], &[2, 3, 5, 9], |i, j| seen.push((i, j)));
        let expected = [
            (Some(0), None),
            (Some(1), Some(0)),
            (None, Some(1)),
            (Some(2), Some(2)),
            (None, Some(3)),
        ];
        assert_eq!(seen, expected);
    }
}
