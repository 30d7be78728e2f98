//! Scoring columns with a scorecard, in parallel over blocks of rows.

use super::{CardPair, CardVariable, Columns, Data, RegionPoints, Scorecard};
use crate::RankError;
use crate::model::Side;
use kernel::suggest::hint;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// Rows scored together: accumulators and one code column stay in the first-level cache.
const BLOCK: usize = 8192;

/// One part of a score bound to its column.
enum Bound<'a> {
    Small(&'a [u8], Box<[i32; 256]>),
    Medium(&'a [u16], Vec<i32>),
    Other(&'a Data, &'a CardVariable),
    Region(&'a Data, FxHashMap<u64, i32>),
    Pair(BoundSide<'a>, BoundSide<'a>, &'a [i32]),
    /// The column is not there: everybody counts as missing.
    Constant(i32),
}

/// One side of a pair bound to its column; the table holds bin × stride.
enum BoundSide<'a> {
    Small(&'a [u8], Box<[u32; 256]>),
    Medium(&'a [u16], Vec<u32>),
    Other(&'a Data, &'a Side, u32),
}

impl BoundSide<'_> {
    fn at(&self, row: usize) -> u32 {
        match self {
            Self::Small(values, table) => table[usize::from(values[row])],
            Self::Medium(values, table) => table[usize::from(values[row])],
            Self::Other(data, side, stride) => bin(side, data.number(row)) * stride,
        }
    }
}

fn bin(side: &Side, answer: f64) -> u32 {
    let bin = if side.codes.is_empty() || answer.is_nan() {
        side.bin_of_number(answer)
    } else {
        side.bin_of_text(Some(&crate::frame::number_text(answer)))
    };
    bin as u32
}

impl Bound<'_> {
    /// Adds the part's points to `sums`, whose first element is row `from`.
    fn add(&self, from: usize, sums: &mut [i32]) {
        let to = from + sums.len();
        match self {
            Self::Small(values, table) => {
                for (sum, &value) in sums.iter_mut().zip(&values[from..to]) {
                    *sum = sum.wrapping_add(table[usize::from(value)]);
                }
            }
            Self::Medium(values, table) => {
                for (sum, &value) in sums.iter_mut().zip(&values[from..to]) {
                    *sum = sum.wrapping_add(table[usize::from(value)]);
                }
            }
            Self::Other(data, variable) => {
                for (i, sum) in sums.iter_mut().enumerate() {
                    *sum = sum.wrapping_add(variable.points(data.number(from + i)));
                }
            }
            Self::Region(data, points) => {
                for (i, sum) in sums.iter_mut().enumerate() {
                    let key = data.number(from + i);
                    let add =
                        if key.is_nan() { 0 } else { *points.get(&(key as u64)).unwrap_or(&0) };
                    *sum = sum.wrapping_add(add);
                }
            }
            Self::Pair(left, right, points) => {
                for (i, sum) in sums.iter_mut().enumerate() {
                    let cell = left.at(from + i) + right.at(from + i);
                    *sum = sum.wrapping_add(points[cell as usize]);
                }
            }
            Self::Constant(points) => sums.iter_mut().for_each(|s| *s = s.wrapping_add(*points)),
        }
    }
}

impl Scorecard {
    /// Scores every row, in points, into `out` (cleared first). Parallel; the result does not
    /// depend on the number of threads.
    ///
    /// # Errors
    /// [`RankError::Column`] when a variable of the card is absent. A column that is truly not
    /// known in a delivery is given as a column of missing values, on purpose.
    pub fn score_into(&self, columns: &Columns, out: &mut Vec<i32>) -> Result<(), RankError> {
        let parts = self.bind(columns)?;
        out.clear();
        out.resize(columns.rows(), self.base);
        out.par_chunks_mut(BLOCK).enumerate().for_each(|(block, sums)| {
            for part in &parts {
                part.add(block * BLOCK, sums);
            }
        });
        Ok(())
    }

    /// Points of every part for every row: `parts[p][row]`, names in [`Scorecard::part_names`].
    /// The base and the sum over parts are the score, exactly.
    ///
    /// # Errors
    /// As [`Scorecard::score_into`].
    pub fn contributions(&self, columns: &Columns) -> Result<Vec<Vec<i32>>, RankError> {
        let bound = self.bind(columns)?;
        let points = |part: &Bound<'_>| {
            let mut points = vec![0; columns.rows()];
            part.add(0, &mut points);
            points
        };
        Ok(bound.par_iter().map(points).collect())
    }

    /// How many of the card's variables each row has no answer for.
    ///
    /// # Errors
    /// As [`Scorecard::score_into`].
    pub fn unanswered(&self, columns: &Columns) -> Result<Vec<u16>, RankError> {
        let mut count = vec![0u16; columns.rows()];
        for variable in &self.variables {
            let data = find(columns, &variable.name)?;
            for (row, slot) in count.iter_mut().enumerate() {
                *slot += u16::from(data.number(row).is_nan());
            }
        }
        Ok(count)
    }

    /// Scores one family from its answers by name (`None`: no answer), in points. `region` is the
    /// family's key in the card's region column.
    #[must_use]
    pub fn score_one(&self, answer: impl Fn(&str) -> Option<f64>, region: Option<&str>) -> i32 {
        self.base + self.parts_of_one(answer, region).into_iter().sum::<i32>()
    }

    /// Points of every part for one family, in the order of [`Scorecard::part_names`].
    #[must_use]
    pub fn parts_of_one(
        &self,
        answer: impl Fn(&str) -> Option<f64>,
        region: Option<&str>,
    ) -> Vec<i32> {
        let value = |name: &str| answer(name).unwrap_or(f64::NAN);
        let mut parts = Vec::with_capacity(1 + self.variables.len() + self.pairs.len());
        if let Some(r) = &self.region {
            parts.push(region.and_then(|key| r.points.get(key)).copied().unwrap_or(0));
        }
        parts.extend(self.variables.iter().map(|v| v.points(value(&v.name))));
        parts.extend(self.pairs.iter().map(|p| {
            let (l, r) = (bin(&p.left, value(&p.left.name)), bin(&p.right, value(&p.right.name)));
            p.points[l as usize * p.right.bins() + r as usize]
        }));
        parts
    }

    /// Binds all parts to columns.
    fn bind<'a>(&'a self, columns: &'a Columns) -> Result<Vec<Bound<'a>>, RankError> {
        let mut parts = Vec::new();
        if let Some(region) = &self.region {
            parts.push(bind_region(region, columns));
        }
        for variable in &self.variables {
            parts.push(bind_variable(variable, find(columns, &variable.name)?));
        }
        for pair in &self.pairs {
            parts.push(bind_pair(pair, columns)?);
        }
        Ok(parts)
    }
}

fn find<'a>(columns: &'a Columns, name: &str) -> Result<&'a Data, RankError> {
    columns.get(name).ok_or_else(|| RankError::Column {
        name: name.to_owned(),
        reason: format!("the scorecard needs it{}", hint(name, columns.names())),
    })
}

fn bind_variable<'a>(variable: &'a CardVariable, data: &'a Data) -> Bound<'a> {
    match data {
        Data::U8(values) => {
            let mut table = Box::new([variable.missing; 256]);
            for (value, slot) in table.iter_mut().enumerate().take(255) {
                *slot = variable.points(value as f64);
            }
            Bound::Small(values, table)
        }
        Data::U16(values) => {
            let mut table: Vec<i32> =
                (0..u16::MAX).map(|value| variable.points(f64::from(value))).collect();
            table.push(variable.missing);
            Bound::Medium(values, table)
        }
        other => Bound::Other(other, variable),
    }
}

fn bind_region<'a>(region: &RegionPoints, columns: &'a Columns) -> Bound<'a> {
    let points = region
        .points
        .iter()
        .filter_map(|(key, &points)| Some((key.parse::<u64>().ok()?, points)))
        .collect();
    columns.get(&region.column).map_or(Bound::Constant(0), |data| Bound::Region(data, points))
}

fn bind_pair<'a>(pair: &'a CardPair, columns: &'a Columns) -> Result<Bound<'a>, RankError> {
    let left = bind_side(&pair.left, pair.right.bins() as u32, columns)?;
    let right = bind_side(&pair.right, 1, columns)?;
    Ok(Bound::Pair(left, right, &pair.points))
}

fn bind_side<'a>(
    side: &'a Side,
    stride: u32,
    columns: &'a Columns,
) -> Result<BoundSide<'a>, RankError> {
    Ok(match find(columns, &side.name)? {
        Data::U8(values) => {
            let mut table = Box::new([0u32; 256]);
            for (value, slot) in table.iter_mut().enumerate().take(255) {
                *slot = bin(side, value as f64) * stride;
            }
            BoundSide::Small(values, table)
        }
        Data::U16(values) => {
            let mut table: Vec<u32> =
                (0..u16::MAX).map(|value| bin(side, f64::from(value)) * stride).collect();
            table.push(0);
            BoundSide::Medium(values, table)
        }
        other => BoundSide::Other(other, side, stride),
    })
}
