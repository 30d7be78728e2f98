//! The synthetic crosswalk from BPS codes to Kemendagri codes.

use crate::error::Result;
use crate::frame::Frame;
use crate::text::TextFile;
use std::path::Path;

/// Where it is written, relative to the output folder.
pub(crate) const PATH: &str = "deliveries/crosswalk/kode_bps_kemendagri.csv";

/// Writes it.
pub(crate) fn write(frame: &Frame, folder: &Path) -> Result<()> {
    let header = "kode_bps,kode_kemendagri,nama,tingkat,keterangan";
    let mut file = TextFile::create(&folder.join(PATH), b',', "\n", header)?;
    let mut row = |bps: u64, code: &str, name: &str, level: u64| -> Result<()> {
        file.number(bps).text(code).quoted(name).number(level).text("SINTETIS").end()?;
        Ok(())
    };
    for regency in &frame.regencies {
        row(regency.region.number(), &regency.region.to_string(), &regency.name, 2)?;
    }
    for district in &frame.districts {
        row(district.bps, &district.region.to_string(), &district.name, 3)?;
    }
    for village in &frame.villages {
        row(village.bps, &village.region.to_string(), &village.name, 4)?;
    }
    file.close()
}
