//! Planted families, some persons twice, the copies damaged.

use kernel::Chance;
use std::fmt::Write;

/// Settings for [`csv`].
pub const SETTINGS: &str = r#"
mode = "dedupe"
[[input]]
name = "people"
path = "people.csv"
id = "id"
[[block]]
keys = ["name", "born"]
[[block]]
keys = ["number"]
[[block]]
keys = ["name", "village"]
[[block]]
keys = ["born", "family"]
[[compare]]
column = "name"
method = "name"
term_frequency = true
[[compare]]
column = "born"
method = "date"
[[compare]]
column = "number"
method = "damerau_levenshtein"
[[compare]]
column = "village"
method = "exact"
household = true
[[compare]]
column = "family"
method = "exact"
household = true
"#;

/// A record: id, person, and the texts of its columns.
pub struct Row {
    /// Whose record it is.
    pub person: usize,
    /// Name, birth date, number, village, family.
    pub cells: [String; 5],
}

fn word(chance: &mut Chance) -> String {
    (0..2 + chance.below(2))
        .map(|_| {
            *chance.pick(&["ba", "ri", "to", "su", "ma", "ni", "ka", "le", "du", "wi", "sa", "po"])
        })
        .collect()
}

/// Families of four, one in ten with twins; about every third person twice, the copy damaged.
pub fn people(families: usize, seed: u64) -> Vec<Row> {
    let mut chance = Chance::new(seed);
    let mut rows = Vec::new();
    let mut person = 0;
    for family in 0..families {
        let village = format!("v{}", chance.below(40));
        let mut born = format!(
            "{}-{:02}-{:02}",
            chance.between(1950, 2010),
            chance.between(1, 12),
            chance.between(1, 28)
        );
        for member in 0..4 {
            person += 1;
            let twin = member == 1 && family % 10 == 0;
            if !twin {
                born = format!(
                    "{}-{:02}-{:02}",
                    chance.between(1950, 2010),
                    chance.between(1, 12),
                    chance.between(1, 28)
                );
            }
            let number =
                format!("{:04}{}{:03}", chance.below(40), born.replace('-', ""), person % 1000);
            let cells = [
                format!("{} {}", word(&mut chance), word(&mut chance)),
                born.clone(),
                number,
                village.clone(),
                format!("f{family}"),
            ];
            if chance.is(0.33) {
                let mut copy = cells.clone();
                if chance.is(0.3) {
                    copy[0] = copy[0].replace('a', "e");
                }
                if chance.is(0.2) {
                    copy[2].clear();
                }
                if chance.is(0.1) {
                    copy[1] = format!("{}-07-01", &copy[1][..4]);
                }
                rows.push(Row { person, cells: copy });
            }
            rows.push(Row { person, cells });
        }
    }
    rows
}

/// The rows in some order; a row's id is its place in `rows`.
pub fn csv(rows: &[Row], order: &[usize]) -> String {
    let mut text = "id,name,born,number,village,family\n".to_owned();
    for &at in order {
        writeln!(text, "{at},{}", rows[at].cells.join(",")).unwrap();
    }
    text
}
