//! Reports as pictures: one self-contained HTML file and one CSV, Indonesian or English. No script,
//! no font, no address outside the file.

mod edition;
mod overlap;
mod page;
mod simulation;
mod svg;
mod words;

pub use edition::{EditionReport, edition_csv, edition_html};
pub use overlap::{overlap_csv, overlap_html};
pub use simulation::{simulation_csv, simulation_html};
pub use words::Language;

use crate::frame::Frame;

/// Name of a region, or its code with full stops when no name is loaded.
pub(crate) fn region_name(frame: &Frame, code: u64, language: Language) -> String {
    if code == 0 {
        return language.say("Tidak diketahui", "Unknown").to_owned();
    }
    frame.region_names.get(&code).cloned().unwrap_or_else(|| {
        kernel::Region::from_number(code).map_or_else(|_| code.to_string(), |r| r.to_string())
    })
}
