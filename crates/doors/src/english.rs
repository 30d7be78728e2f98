//! The English of the doors' pages: `messages/en.toml`, and what the instrument and the rules of
//! decrees say for themselves. The pages are turned by `web::english`; docs/decisions/0220.

use casework::DecreeRules;
use instrument::{Instrument, Unit};
pub(crate) use web::english::{Dictionary, speak};

const ENGLISH: &str = include_str!("../messages/en.toml");

/// The dictionary this program was built with.
///
/// # Errors
/// When a file is not what it should be.
pub(crate) fn dictionary(instrument: &Instrument) -> Result<Dictionary, String> {
    let mut own = Vec::new();
    for unit in [Unit::Family, Unit::Person] {
        for column in instrument.columns(unit) {
            own.push((column.label.id.clone(), column.label.en.clone()));
            own.extend(column.codes.iter().map(|c| (c.label.id.clone(), c.label.en.clone())));
        }
    }
    let rules = DecreeRules::builtin().map_err(|e| e.to_string())?;
    own.extend(rules.ground.into_iter().map(|g| (g.reason, g.reason_en)));
    own.extend(rules.hold.into_iter().map(|h| (h.name, h.name_en)));
    for scheme in rules.scheme {
        own.push((scheme.name, scheme.name_en));
        own.push((scheme.how, scheme.how_en));
        own.push((scheme.paper, scheme.paper_en));
        own.extend(scheme.asks.into_iter().map(|ask| (ask.name, ask.name_en)));
    }
    Dictionary::new(ENGLISH, own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dictionary() -> Dictionary {
        super::dictionary(&Instrument::embedded().unwrap()).unwrap()
    }

    #[test]
    fn texts_holes_links_and_what_people_said() {
        let check = |html: &str, expected: &str| assert_eq!(dictionary().page(html), expected);
        check("<h1> Ikuti laporan </h1>", "<h1> Follow a report </h1>");
        check("<b>Terlambat 2 hari</b>", "<b>2 days late</b>");
        check("<p>Senin, 23 November 2026</p>", "<p>Monday, 23 November 2026</p>");
        check(
            "<p>Minggu, 4 Mei 2026. 2 sudah lewat tenggat.</p>",
            "<p>Sunday, 4 May 2026. 2 are past their deadline.</p>",
        );
        check("<a href=\"/kerja\">← Pekerjaan</a>", "<a href=\"/en/kerja\">← Work</a>");
        check("<link href=\"/aset/pintu.css\">", "<link href=\"/aset/pintu.css\">");
        check("<a href=\"tel:021171\">021-171</a>", "<a href=\"tel:021171\">021-171</a>");
        check("<html lang=\"id\">", "<html lang=\"en\">");
        check(
            "<p class=\"kutip\">Alamat <b>Kasus</b></p><p>Kasus</p>",
            "<p class=\"kutip\">Alamat <b>Kasus</b></p><p>Cases</p>",
        );
        check("<textarea>Alasan</textarea>", "<textarea>Alasan</textarea>");
        check("<td>Amaq Ripin</td>", "<td>Amaq Ripin</td>");
        check("<nav aria-label=\"Utama\">", "<nav aria-label=\"Main\">");
        check("<td>Jenis dinding terluas</td>", "<td>Wall</td>");
    }

    #[test]
    fn every_name_of_the_rules_has_its_english() {
        let (dictionary, tables) = (dictionary(), casework::Tables::builtin().unwrap());
        let mut missing = Vec::new();
        let mut need = |text: &str| {
            if !dictionary.knows(text) {
                missing.push(text.to_owned());
            }
        };
        for kind in tables.kinds() {
            need(&kind.name);
            need(&kind.about);
            need(&tables.clock(&kind.law).unwrap().name);
        }
        for step in tables.steps() {
            need(&step.name);
            need(&step.task);
            step.decision.iter().for_each(|decision| need(&decision.name));
        }
        tables.all_evidence().iter().for_each(|evidence| need(&evidence.name));
        assert!(missing.is_empty(), "messages/en.toml lacks {missing:#?}");
    }

    #[test]
    fn odd_pages_do_no_harm() {
        let dictionary = dictionary();
        for html in [
            "",
            "<",
            "<<<>",
            "a<b",
            "<a href=\"",
            "<a href=\"x",
            "\u{0}<é>",
            "{} {} {}",
            "<p>{}</p>",
        ] {
            assert!(dictionary.page(html).len() < 200);
        }
    }
}
