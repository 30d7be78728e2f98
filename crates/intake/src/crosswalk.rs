//! BPS region codes to Kemendagri codes, from deliveries of the source `crosswalk`.

use crate::IntakeError;
use crate::mapping::CROSSWALK;
use crate::spec::DeliveredFile;
use kernel::{BpsRegion, Region};
use rustc_hash::FxHashMap;

/// The columns a crosswalk file must have; others are for people.
const BPS: &str = "kode_bps";
const KEMENDAGRI: &str = "kode_kemendagri";

/// BPS code → Kemendagri code.
#[derive(Debug, Clone, Default)]
pub struct Crosswalk(FxHashMap<u64, u64>);

impl Crosswalk {
    /// Reads the crosswalk files among `files`; none gives an empty crosswalk.
    ///
    /// # Errors
    /// With the line: a column is missing, or a code is not one. A crosswalk is small and made by
    /// hand, so nothing in it is quarantined.
    pub fn load(files: &[DeliveredFile]) -> Result<Self, IntakeError> {
        let mut map = FxHashMap::default();
        for file in files.iter().filter(|f| f.source == CROSSWALK) {
            let text = instrument::config::read(&file.path)
                .map_err(|e| IntakeError::new(&file.shown, e.message, "deliver it as UTF-8 CSV"))?;
            read(file, &text, &mut map)?;
        }
        Ok(Self(map))
    }

    /// True when no code is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The Kemendagri number of a BPS code of any level.
    #[must_use]
    pub fn kemendagri(&self, bps: BpsRegion) -> Option<u64> {
        self.0.get(&bps.number()).copied()
    }

    /// The same, by number.
    #[must_use]
    pub fn kemendagri_number(&self, bps: u64) -> Option<u64> {
        self.0.get(&bps).copied()
    }
}

fn read(
    file: &DeliveredFile,
    text: &str,
    map: &mut FxHashMap<u64, u64>,
) -> Result<(), IntakeError> {
    let wrong = |line: usize, what: String| {
        IntakeError::new(&file.shown, what, "correct the crosswalk").at_line(line as u64 + 1)
    };
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let header: Vec<&str> = lines.next().map_or("", |(_, l)| l).split(',').map(str::trim).collect();
    let place = |name: &str| {
        let at = header.iter().position(|h| h.eq_ignore_ascii_case(name));
        at.ok_or_else(|| wrong(0, format!("the header lacks `{name}`")))
    };
    let (bps_at, kemendagri_at) = (place(BPS)?, place(KEMENDAGRI)?);
    for (at, line) in lines.filter(|(_, l)| !l.trim().is_empty()) {
        let mut fields = Vec::new();
        if crate::fields::split(line, b',', true, &mut fields).is_err() {
            return Err(wrong(at, "a quote is not closed".to_owned()));
        }
        let get = |i: usize| fields.get(i).map_or("", |f| f.trim());
        let bps = BpsRegion::parse(get(bps_at)).map_err(|e| wrong(at, e.to_string()))?;
        let own = Region::parse(get(kemendagri_at)).map_err(|e| wrong(at, e.to_string()))?;
        if map.insert(bps.number(), own.number()).is_some_and(|before| before != own.number()) {
            return Err(wrong(at, format!("BPS code {} stands for two regions", bps.number())));
        }
    }
    Ok(())
}
