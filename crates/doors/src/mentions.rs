//! What a report without typed values is about, by the words people use
//! (`config/id/dialogue/mentions.toml`): it then joins the case about the same thing, whatever door
//! that came by. Words choose the case only; values are found by people.

use channels::whatsapp::dialogue::{normalise, same_word};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    mentions: BTreeMap<String, String>,
}

static MENTIONS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let text = include_str!("../../../config/id/dialogue/mentions.toml");
    // A file that does not parse is caught by the test below; a report then has its kind's topic.
    toml::from_str::<File>(text).map(|file| file.mentions).unwrap_or_default()
});

/// Topics of a report of this kind with these words and no typed values.
pub(crate) fn topics(kind: &str, text: &str) -> Vec<String> {
    match kind {
        "reactivation" => return vec!["cover".to_owned()],
        "gambling_flag" => return vec!["flag:gambling".to_owned()],
        "objection" | "update" => {}
        _ => return Vec::new(),
    }
    let said = normalise(text, &BTreeMap::new());
    let mut found: BTreeSet<String> = MENTIONS
        .iter()
        .filter(|(word, _)| said.iter().any(|said| same_word(word, said)))
        .map(|(_, variable)| variable.clone())
        .collect();
    if !found.is_empty() {
        // Two that name no value are about the same thing too.
        found.insert(kind.to_owned());
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_what_a_report_is_about() {
        let check = |kind: &str, text: &str, expected: &[&str]| {
            assert_eq!(topics(kind, text), expected, "{text}");
        };
        check("objection", "Lantai rumah sy tanah", &["floor_material", "objection"]);
        check("objection", "lante? bukan, lantay tanah", &["floor_material", "objection"]);
        check(
            "update",
            "sapi mati, motor sudah dijual",
            &["asset_motorcycle", "livestock_cattle", "update"],
        );
        check("objection", "desil saya naik", &[]);
        check("complaint", "lantai", &[]);
        check("reactivation", "kartu mati", &["cover"]);
    }

    #[test]
    fn every_word_is_of_a_variable_of_the_instrument() {
        let instrument = instrument::Instrument::embedded().unwrap();
        assert!(MENTIONS.len() >= 10);
        for (word, variable) in MENTIONS.iter() {
            let known = instrument.column(instrument::Unit::Family, variable);
            assert!(known.is_some(), "{word} = {variable}");
        }
    }
}
