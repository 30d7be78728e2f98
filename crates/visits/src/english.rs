//! The English of the pages of ground checks: `messages/en.toml`, and the labels of the instrument.
//! The form in the browser stays in the language of the field.

use instrument::{Instrument, Unit};
use web::english::Dictionary;

const ENGLISH: &str = include_str!("../messages/en.toml");

/// The dictionary this program was built with.
///
/// # Errors
/// When the file is not a table of texts.
pub(crate) fn dictionary(instrument: &Instrument) -> Result<Dictionary, String> {
    let mut own = Vec::new();
    for unit in [Unit::Family, Unit::Person] {
        for column in instrument.columns(unit) {
            own.push((column.label.id.clone(), column.label.en.clone()));
            own.extend(column.codes.iter().map(|c| (c.label.id.clone(), c.label.en.clone())));
        }
    }
    Dictionary::new(ENGLISH, own)
}
