//! Counts for the dashboard, per programme and region: by decile, by age and sex, by cause.

use crate::PublishError;
use crate::encode::{Encoder, numbers, packed_columns, texts};
use crate::group::{Families, Grouped};
use crate::people::Section;
use arrow_array::Array;
use engine::{stream_table, table_columns};
use kernel::{Level, Region};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use store::Value;
use store::blob::{CellKind, put_int};

/// Four counts: listed and eligible, listed but not eligible, eligible but not listed, neither.
pub(crate) type Four = [u64; 4];

/// Deciles 1 to 10, and 0 for unranked.
pub(crate) const DECILES: usize = 11;

/// Upper ages of the bands (the last is open): small children, school age, young, middle, old.
const AGE_BANDS: [u64; 4] = [5, 17, 39, 59];

/// A cell: (region, dimension, key) → counts in the programme's unit, and in families.
type Cells = FxHashMap<(u64, &'static str, u64), (Four, Four)>;

/// Region → (people, families).
pub(crate) type Totals = BTreeMap<u64, (u64, u64)>;

/// The lists of all programmes as packed rows, and their counts.
pub(crate) struct Lists {
    pub(crate) section: Section,
    pub(crate) cells: Vec<(String, Cells)>,
}

/// Which of the four counts a row belongs to.
const fn quadrant(listed: u64, eligible: u64) -> usize {
    match (listed, eligible) {
        (1, 1) => 0,
        (1, _) => 1,
        (_, 1) => 2,
        _ => 3,
    }
}

/// What is known of every family: its village and its decile.
pub(crate) struct Homes<'a> {
    pub(crate) families: &'a Families,
    pub(crate) villages: &'a [u64],
    pub(crate) deciles: &'a [u8],
}

/// Reads `lists/*.parquet` in the order of programme names.
pub(crate) fn lists(dir: &Path, homes: &Homes<'_>) -> Result<Lists, PublishError> {
    let mut rows = Grouped::default();
    let (mut all, mut columns) = (Vec::new(), Vec::new());
    for (number, (programme, path)) in list_files(dir)?.into_iter().enumerate() {
        columns = packed_columns(
            &*table_columns(&path)?,
            &["family_id", "village", "decile", "unranked_reason", "sex", "age"],
        );
        let cells = one_list(&path, number, &columns, homes, &mut rows)?;
        all.push((programme, cells));
    }
    rows.close(homes.families.len());
    columns.insert(0, ("programme".to_owned(), CellKind::Int));
    Ok(Lists { section: Section { columns, rows }, cells: all })
}

fn list_files(dir: &Path) -> Result<Vec<(String, PathBuf)>, PublishError> {
    let mut files = Vec::new();
    let Ok(entries) = std::fs::read_dir(dir) else { return Ok(files) };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "parquet")
            && let Some(stem) = path.file_stem().and_then(|s| s.to_str())
        {
            files.push((stem.to_owned(), path.clone()));
        }
    }
    files.sort();
    Ok(files)
}

fn one_list(
    path: &Path,
    number: usize,
    columns: &[(String, CellKind)],
    homes: &Homes<'_>,
    rows: &mut Grouped,
) -> Result<Cells, PublishError> {
    let mut cells = Cells::default();
    let mut seen = vec![0_u8; homes.families.len()];
    stream_table::<PublishError>(path, &[], |batch| {
        let column = |name: &str| numbers(&batch, name);
        let (family, village, decile) =
            (column("family_id")?, column("village")?, column("decile")?);
        let (listed, eligible) = (column("listed")?, column("eligible")?);
        let (sex, age) = (column("sex")?, column("age")?);
        let encoder = Encoder::new(&batch, columns)?;
        for row in 0..batch.num_rows() {
            let four = quadrant(listed[row], eligible[row]);
            let mut add = |dimension, key| {
                cells.entry((village[row], dimension, key)).or_default().0[four] += 1;
            };
            add("decile", decile[row]);
            if (1..=2).contains(&sex[row]) {
                add("age", band(age[row]) * 2 + sex[row] - 1);
            }
            if let Some(place) = homes.families.place(family[row]) {
                seen[place as usize] |= 1 << four;
                rows.push(place, |out| {
                    put_int(out, number as i64);
                    encoder.put(row, out);
                });
            }
        }
        Ok(())
    })?;
    count_families(&seen, homes, &mut cells);
    Ok(cells)
}

/// The number of the age band.
fn band(age: u64) -> u64 {
    AGE_BANDS.iter().filter(|upper| age > **upper).count() as u64
}

fn count_families(seen: &[u8], homes: &Homes<'_>, cells: &mut Cells) {
    for (place, mask) in seen.iter().enumerate().filter(|(_, mask)| **mask != 0) {
        let key = (homes.villages[place], "decile", u64::from(homes.deciles[place]));
        let counts = &mut cells.entry(key).or_default().1;
        for (four, count) in counts.iter_mut().enumerate() {
            *count += u64::from(mask >> four & 1);
        }
    }
}

/// Adds the causes that targeting counted (`errors.parquet`) to the programmes' cells.
pub(crate) fn causes(path: &Path, lists: &mut Lists) -> Result<(), PublishError> {
    stream_table::<PublishError>(path, &[], |batch| {
        let programme = texts(&batch, "programme")?;
        let (village, cause) = (numbers(&batch, "village")?, numbers(&batch, "cause")?);
        let counts = [
            numbers(&batch, "listed_eligible")?,
            numbers(&batch, "listed_ineligible")?,
            numbers(&batch, "unlisted_eligible")?,
            numbers(&batch, "unlisted_ineligible")?,
        ];
        for row in 0..programme.len() {
            let found = lists.cells.iter_mut().find(|(name, _)| name == programme.value(row));
            let Some((_, cells)) = found else { continue };
            let cell = cells.entry((village[row], "cause", cause[row])).or_default();
            for (four, column) in counts.iter().enumerate() {
                cell.0[four] += column[row];
                cell.1[four] += column[row];
            }
        }
        Ok(())
    })
}

/// The region and all regions it lies in.
pub(crate) fn upwards(region: u64) -> Vec<u64> {
    let levels = [Level::Province, Level::Regency, Level::District, Level::Village];
    Region::from_number(region).map_or_else(
        |_| Vec::new(),
        |region| levels.into_iter().filter_map(|l| region.at(l)).map(Region::number).collect(),
    )
}

/// Rows of the table `meter`, summed up to district, regency and province.
pub(crate) fn meter_rows(lists: &Lists) -> Vec<Vec<Value>> {
    let mut out = Vec::new();
    for (programme, cells) in &lists.cells {
        // Sorted by region, dimension and key, so the same counts give the same rows in order.
        let mut summed: BTreeMap<(u64, &'static str, u64), (Four, Four)> = BTreeMap::new();
        for ((village, dimension, key), (units, families)) in cells {
            for region in upwards(*village) {
                let cell = summed.entry((region, dimension, *key)).or_default();
                for four in 0..4 {
                    cell.0[four] += units[four];
                    cell.1[four] += families[four];
                }
            }
        }
        for ((region, dimension, key), (units, families)) in summed {
            let mut row = vec![
                Value::from(programme.as_str()),
                Value::from(region),
                Value::from(dimension),
                Value::from(key),
            ];
            row.extend(units.into_iter().chain(families).map(Value::from));
            out.push(row);
        }
    }
    out
}

/// Rows of `decile_count`, and (people, families) per region.
pub(crate) fn decile_rows(homes: &Homes<'_>, people: &[u16]) -> (Vec<Vec<Value>>, Totals) {
    let mut by_village: BTreeMap<u64, [(u64, u64); DECILES]> = BTreeMap::new();
    for (place, village) in homes.villages.iter().enumerate() {
        let decile = usize::from(homes.deciles[place]).min(DECILES - 1);
        let cell = &mut by_village.entry(*village).or_default()[decile];
        cell.0 += u64::from(people[place]);
        cell.1 += 1;
    }
    let mut summed: BTreeMap<u64, [(u64, u64); DECILES]> = BTreeMap::new();
    for (village, counts) in by_village {
        for region in upwards(village) {
            for (sum, count) in summed.entry(region).or_default().iter_mut().zip(counts) {
                sum.0 += count.0;
                sum.1 += count.1;
            }
        }
    }
    let mut rows = Vec::new();
    let mut totals = BTreeMap::new();
    for (region, counts) in summed {
        for (decile, (people, families)) in counts.into_iter().enumerate() {
            rows.push([region, decile as u64, people, families].map(Value::from).to_vec());
        }
        let total = counts.iter().fold((0, 0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
        totals.insert(region, total);
    }
    (rows, totals)
}
