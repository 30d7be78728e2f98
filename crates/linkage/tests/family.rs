//! The settings of the family lift (its effect is not yet proved: docs/PROMISES.md).

#![expect(clippy::unwrap_used, reason = "a test that fails may stop")]

use linkage::spec::Spec;

const SETTINGS: &str = r#"
mode = "dedupe"
[[input]]
name = "people"
path = "people.csv"
id = "id"
[[block]]
keys = ["number"]
[[block]]
keys = ["name"]
[[block]]
keys = ["family", "born"]
[[block]]
keys = ["year(born)", "village"]
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
[output]
match_probability = 0.95
[truth]
column = "person"
"#;

#[test]
fn a_key_that_is_not_compared_is_refused_with_its_line() {
    let text = format!("{SETTINGS}[cluster]\nfamily = \"number\"\n");
    let wrong = Spec::parse(&text, "test", std::path::Path::new("")).unwrap_err().to_string();
    assert!(wrong.contains("household = true"), "{wrong}");
}
