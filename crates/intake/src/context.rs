//! What every file is read against: instrument, regions, crosswalk, titles.

use crate::IntakeError;
use crate::crosswalk::Crosswalk;
use crate::mapping::Series;
use crate::names::Titles;
use crate::spec::DeliveredFile;
use instrument::{Instrument, Regions};
use kernel::{BpsRegion, Region};
use std::path::Path;

/// Loaded once per run, shared by all sources.
#[derive(Debug, Clone)]
pub struct Context {
    /// The variables and their rules.
    pub instrument: Instrument,
    /// All regions of the country.
    pub regions: Regions,
    /// BPS codes.
    pub crosswalk: Crosswalk,
    /// Titles of names.
    pub titles: Titles,
}

/// A region code as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionRead {
    /// A region of the list.
    Known(u64),
    /// The code is not in the list, but this region above it is.
    Above(u64),
    /// A code of no known region.
    Unknown,
    /// Not a code at all.
    NotACode,
}

impl Context {
    /// From a configuration folder (or what is built in) and the crosswalk files among `files`.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub fn load(config: Option<&Path>, files: &[DeliveredFile]) -> Result<Self, IntakeError> {
        Ok(Self {
            instrument: Instrument::load(config)?,
            regions: Regions::load(config, None)?,
            crosswalk: Crosswalk::load(files)?,
            titles: Titles::load(config)?,
        })
    }

    /// Reads a region code. When the list lacks it, the nearest region above that the list has.
    #[must_use]
    pub fn region(&self, text: &str, series: Series) -> RegionRead {
        match series {
            Series::Kemendagri => match Region::parse(text) {
                Ok(region) => self.listed(region),
                Err(_) => RegionRead::NotACode,
            },
            Series::Bps => match BpsRegion::parse(text) {
                Ok(bps) => self.bps(bps.number()),
                Err(_) => RegionRead::NotACode,
            },
        }
    }

    fn listed(&self, region: Region) -> RegionRead {
        if self.regions.contains(region) {
            return RegionRead::Known(region.number());
        }
        std::iter::successors(region.parent(), |r| r.parent())
            .find(|r| self.regions.contains(*r))
            .map_or(RegionRead::Unknown, |r| RegionRead::Above(r.number()))
    }

    fn bps(&self, number: u64) -> RegionRead {
        let listed = |n: u64| {
            let own = self.crosswalk.kemendagri_number(n)?;
            self.regions.contains_number(own).then_some(own)
        };
        if let Some(own) = listed(number) {
            return RegionRead::Known(own);
        }
        // Levels have 10, 7, 4 and 2 digits; provinces are the same in both series.
        let above = match number {
            1_000_000_000.. => [number / 1_000, number / 1_000_000, number / 100_000_000],
            1_000_000.. => [number / 1_000, number / 100_000, number],
            1_000.. => [number / 100, number, number],
            _ => [number; 3],
        };
        let province = above.iter().copied().find(|n| *n < 100);
        match above.into_iter().find_map(listed) {
            Some(own) => RegionRead::Above(own),
            None => match province.filter(|p| self.regions.contains_number(*p)) {
                Some(own) if own == number => RegionRead::Known(own),
                Some(own) => RegionRead::Above(own),
                None => RegionRead::Unknown,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_both_series() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.csv");
        std::fs::write(
            &path,
            "kode_bps,kode_kemendagri,nama\n5201,52.01,LB\n5201010,52.01.01,G\n5201010001,52.01.01.1001,GU\n",
        )
        .unwrap();
        let file = DeliveredFile {
            delivery: 1,
            source: "crosswalk".into(),
            path,
            shown: "x.csv".into(),
            date: "2026-09-30".parse().unwrap(),
        };
        let context = Context::load(None, &[file]).unwrap();
        let check = |text: &str, series, expected| {
            assert_eq!(context.region(text, series), expected, "{text}");
        };
        use RegionRead::{Above, Known, NotACode, Unknown};
        check("52.01.01.1001", Series::Kemendagri, Known(5_201_011_001));
        check("5201011001", Series::Kemendagri, Known(5_201_011_001));
        check("52.01.01", Series::Kemendagri, Known(520_101));
        check("5201019999", Series::Kemendagri, Above(520_101));
        check("5299", Series::Kemendagri, Above(52));
        check("9901", Series::Kemendagri, Unknown);
        check("GERUNG", Series::Kemendagri, NotACode);
        check("5201010001", Series::Bps, Known(5_201_011_001));
        check("5201010002", Series::Bps, Above(520_101));
        check("5201020002", Series::Bps, Above(5_201));
        check("5202010001", Series::Bps, Above(52));
        check("52", Series::Bps, Known(52));
        check("520101", Series::Bps, NotACode);
    }
}
