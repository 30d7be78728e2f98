//! The list of regions: names, levels and children of every Kemendagri code.

use crate::config::ConfigError;
use flate2::read::GzDecoder;
use kernel::{Level, Region};
use std::io::Read;
use std::path::Path;

const EMBEDDED: &[u8] = include_bytes!("../../../config/id/regions/regions.tsv.gz");
const FILE: &str = "regions/regions.tsv.gz";
/// The list of all Indonesia has 2.2 MB; more than this is not a list of regions.
const TEXT_BYTES_MAX: u64 = 64 << 20;

/// Regions with their names, sorted by number (so level by level).
#[derive(Debug, Clone, Default)]
pub struct Regions {
    numbers: Vec<u64>,
    /// Byte range of each name in `names`.
    ends: Vec<u32>,
    names: String,
}

impl Regions {
    /// All regions of the embedded list (91,599).
    ///
    /// # Errors
    /// Never in a tested build.
    pub fn embedded() -> Result<Self, ConfigError> {
        read(FILE, EMBEDDED, None)
    }

    /// One province of the embedded list with everything in it.
    ///
    /// # Errors
    /// When the list has no such province.
    pub fn embedded_province(province: Region) -> Result<Self, ConfigError> {
        read(FILE, EMBEDDED, Some(province))
    }

    /// From `<folder>/regions/regions.tsv.gz` when it is there, else the embedded list; all of it,
    /// or one province.
    ///
    /// # Errors
    /// When the file is not gzip, a line is not `code<TAB>name`, a code is wrong or stands twice,
    /// a region has no parent, or the province is not in it.
    pub fn load(folder: Option<&Path>, province: Option<Region>) -> Result<Self, ConfigError> {
        match folder.map(|f| f.join(FILE)) {
            Some(path) if path.exists() => {
                let name = path.display().to_string();
                let bytes = std::fs::read(&path)
                    .map_err(|e| ConfigError::new(&name, format!("cannot be read: {e}")))?;
                read(&name, &bytes, province)
            }
            _ => read(FILE, EMBEDDED, province),
        }
    }

    /// How many regions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The official name, without its level: `Gerung`.
    #[must_use]
    pub fn name(&self, region: Region) -> Option<&str> {
        self.numbers.binary_search(&region.number()).ok().map(|at| self.name_at(at))
    }

    /// True when the list has this code.
    #[must_use]
    pub fn contains(&self, region: Region) -> bool {
        self.numbers.binary_search(&region.number()).is_ok()
    }

    /// True when the list has a region with this number.
    #[must_use]
    pub fn contains_number(&self, number: u64) -> bool {
        self.numbers.binary_search(&number).is_ok()
    }

    /// Regions of one level, in order of code.
    pub fn of_level(&self, level: Level) -> impl Iterator<Item = Region> + '_ {
        let (from, to) = match level {
            Level::Province => (0, 99),
            Level::Regency => (100, 9_999),
            Level::District => (10_000, 999_999),
            Level::Village => (1_000_000, u64::MAX),
        };
        self.between(from, to)
    }

    /// The regions one level down, in order of code; none for a village.
    pub fn children(&self, region: Region) -> impl Iterator<Item = Region> + '_ {
        let n = region.number();
        let (from, to) = match region.level() {
            Level::Village => (1, 0),
            Level::District => (n * 10_000, n * 10_000 + 9_999),
            Level::Regency | Level::Province => (n * 100, n * 100 + 99),
        };
        self.between(from, to)
    }

    /// Everything with its name, in order of code, level by level.
    pub fn iter(&self) -> impl Iterator<Item = (Region, &str)> + '_ {
        self.numbers
            .iter()
            .enumerate()
            .filter_map(|(at, n)| Some((Region::from_number(*n).ok()?, self.name_at(at))))
    }

    /// `Gerung Utara, Gerung, Kabupaten Lombok Barat, Nusa Tenggara Barat`.
    #[must_use]
    pub fn full_name(&self, region: Region) -> String {
        let up = std::iter::successors(Some(region), |r| r.parent());
        up.filter_map(|r| self.name(r)).collect::<Vec<_>>().join(", ")
    }

    fn between(&self, from: u64, to: u64) -> impl Iterator<Item = Region> + '_ {
        let first = self.numbers.partition_point(|n| *n < from);
        let end = self.numbers.partition_point(|n| *n <= to).max(first);
        self.numbers[first..end].iter().filter_map(|n| Region::from_number(*n).ok())
    }

    fn name_at(&self, at: usize) -> &str {
        let from = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.names[from..self.ends[at] as usize]
    }
}

/// Reads `code<TAB>name` lines (first line a header) out of gzip.
fn read(file: &str, bytes: &[u8], province: Option<Region>) -> Result<Regions, ConfigError> {
    let mut text = String::new();
    GzDecoder::new(bytes)
        .take(TEXT_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(|e| ConfigError::new(file, format!("is not gzip of UTF-8 text: {e}")))?;
    let prefix = province.map(|p| p.plain());
    let mut rows: Vec<(u64, &str)> = Vec::new();
    for (at, line) in text.lines().enumerate().skip(1) {
        if prefix.as_ref().is_some_and(|p| !line.starts_with(p.as_str())) {
            continue;
        }
        let wrong =
            |message: String| ConfigError { file: file.to_owned(), line: Some(at + 1), message };
        let (code, name) = line
            .split_once('\t')
            .ok_or_else(|| wrong("needs a code, a tab and a name".to_owned()))?;
        let region = Region::parse(code).map_err(|e| wrong(e.to_string()))?;
        rows.push((region.number(), name.trim()));
    }
    rows.sort_unstable();
    check(file, &rows, province)?;
    let mut regions = Regions::default();
    for (number, name) in rows {
        regions.numbers.push(number);
        regions.names.push_str(name);
        // The text is limited to 64 MB above, so this always fits.
        regions.ends.push(u32::try_from(regions.names.len()).unwrap_or(u32::MAX));
    }
    Ok(regions)
}

fn check(file: &str, rows: &[(u64, &str)], province: Option<Region>) -> Result<(), ConfigError> {
    if rows.is_empty() {
        let what = province.map_or_else(String::new, |p| format!(" for province {p}"));
        return Err(ConfigError::new(file, format!("holds no region{what}")));
    }
    if let Some(pair) = rows.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(ConfigError::new(file, format!("holds code {} twice", pair[0].0)));
    }
    let has = |number: u64| rows.binary_search_by_key(&number, |r| r.0).is_ok();
    let orphan = rows
        .iter()
        .filter_map(|r| Region::from_number(r.0).ok())
        .find(|region| region.parent().is_some_and(|parent| !has(parent.number())));
    match orphan {
        Some(region) => Err(ConfigError::new(file, format!("{region} has no parent in the list"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(text: &str) -> Region {
        Region::parse(text).unwrap()
    }

    #[test]
    fn nusa_tenggara_barat_is_whole() {
        let ntb = Regions::embedded_province(region("52")).unwrap();
        let count = |level| ntb.of_level(level).count();
        assert_eq!((count(Level::Regency), count(Level::District)), (10, 117));
        assert_eq!(count(Level::Village), 1_166);
        assert_eq!(ntb.len(), 1 + 10 + 117 + 1_166);
        assert_eq!(ntb.name(region("52.01.01")), Some("Gerung"));
        assert_eq!(
            ntb.full_name(region("52.01.01.1001")),
            "Gerung Utara, Gerung, Kabupaten Lombok Barat, Nusa Tenggara Barat"
        );
    }

    #[test]
    fn all_of_indonesia_agrees_with_its_parts() {
        let all = Regions::embedded().unwrap();
        assert_eq!(all.len(), 91_599);
        let provinces: Vec<Region> = all.of_level(Level::Province).collect();
        assert_eq!(provinces.len(), 38);
        let villages: usize = provinces
            .iter()
            .flat_map(|p| all.children(*p))
            .flat_map(|r| all.children(r))
            .map(|d| all.children(d).count())
            .sum();
        assert_eq!(villages, all.of_level(Level::Village).count());
        assert_eq!(all.iter().count(), all.len());
    }

    #[test]
    fn a_broken_list_is_refused() {
        use std::io::Write;
        let check = |text: &str, expected: &str| {
            let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gz.write_all(text.as_bytes()).unwrap();
            let error = read("r.tsv.gz", &gz.finish().unwrap(), None).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        };
        check("code\tname\n52\tA\n52\tB\n", "twice");
        check("code\tname\n52\tA\n52.01.01\tB\n", "no parent");
        check("code\tname\n52 A\n", "line 2");
        check("code\tname\n", "no region");
        assert!(read("r", b"not gzip", None).is_err());
    }
}
