//! Reads a Splink settings file (the JSON of `linker.misc.save_model_to_json` or of a settings
//! creator) and writes a commented specification of ours. What cannot be said here is not dropped in
//! silence: it stands in the result as a comment that begins with `# not translated`.

mod blocking;
mod comparison;

use serde_json::Value;
use std::fmt::Write;

/// The settings are not Splink's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplinkError(String);

impl std::fmt::Display for SplinkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}; give the JSON that Splink saved (it holds `comparisons`)", self.0)
    }
}

impl std::error::Error for SplinkError {}

/// The specification (TOML) that says what the Splink settings say. `data` are the files to match;
/// when there are none, a path to fill in stands in the result.
///
/// # Errors
/// When the text is not JSON or holds no comparisons.
pub fn specification(settings: &str, data: &[String]) -> Result<String, SplinkError> {
    let settings: Value =
        serde_json::from_str(settings).map_err(|e| SplinkError(format!("not JSON ({e})")))?;
    let comparisons = settings["comparisons"]
        .as_array()
        .filter(|list| !list.is_empty())
        .ok_or_else(|| SplinkError("there are no comparisons".to_owned()))?;
    let mut out = String::from(
        "# Written from Splink settings. Thresholds and rules are theirs; m and u are trained anew.\n",
    );
    let _ = writeln!(out, "mode = {}", quoted(mode(&settings)));
    inputs(&mut out, &settings, data);
    for rule in settings["blocking_rules_to_generate_predictions"].as_array().into_iter().flatten()
    {
        let sql = rule["blocking_rule"].as_str().or_else(|| rule.as_str()).unwrap_or_default();
        blocking::write(&mut out, sql);
    }
    for comparison in comparisons {
        comparison::write(&mut out, comparison);
    }
    if let Some(prior) = settings["probability_two_random_records_match"].as_f64() {
        let _ =
            writeln!(out, "\n# Splink's prior was {prior}; here it is estimated from the data.");
    }
    Ok(out)
}

fn mode(settings: &Value) -> &'static str {
    match settings["link_type"].as_str() {
        Some("link_only") => "link",
        Some("link_and_dedupe") => "link_and_dedupe",
        _ => "dedupe",
    }
}

fn inputs(out: &mut String, settings: &Value, data: &[String]) {
    let id = settings["unique_id_column_name"].as_str().unwrap_or("unique_id");
    let needed = if mode(settings) == "dedupe" { 1 } else { 2 };
    let fill = (data.len()..needed).map(|n| format!("FILL-IN-{}.parquet", n + 1));
    for path in data.iter().cloned().chain(fill) {
        let _ = writeln!(out, "\n[[input]]\npath = {}\nid = {}", quoted(&path), quoted(id));
    }
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Method, Mode, Spec};
    use serde_json::json;
    use std::path::Path;

    fn level(sql: &str) -> Value {
        json!({"sql_condition": sql, "label_for_charts": sql})
    }

    fn settings() -> Value {
        let null_level =
            json!({"sql_condition": "\"a_l\" IS NULL OR \"a_r\" IS NULL", "is_null_level": true});
        json!({
            "link_type": "dedupe_only", "unique_id_column_name": "rec",
            "probability_two_random_records_match": 0.0001,
            "blocking_rules_to_generate_predictions": [
                {"blocking_rule": "(l.\"first_name\" = r.\"first_name\") AND (l.\"surname\" = r.\"surname\")"},
                {"blocking_rule": "l.postcode = r.postcode and substr(l.first_name,1,2)=substr(r.first_name,1,2)"},
                {"blocking_rule": "levenshtein(l.a, r.a) < 2"},
            ],
            "comparisons": [
                {"output_column_name": "first_name", "comparison_levels": [null_level,
                    {"sql_condition": "\"first_name_l\" = \"first_name_r\"", "tf_adjustment_column": "first_name"},
                    level("jaro_winkler_similarity(\"first_name_l\", \"first_name_r\") >= 0.92"),
                    level("jaro_winkler_similarity(\"first_name_l\", \"first_name_r\") >= 0.7"), level("ELSE")]},
                {"output_column_name": "dob", "comparison_levels": [null_level,
                    level("\"dob_l\" = \"dob_r\""), level("levenshtein(\"dob_l\", \"dob_r\") <= 1"),
                    level("ABS(EPOCH(try_strptime(\"dob_l\", '%Y-%m-%d')) - EPOCH(try_strptime(\"dob_r\", '%Y-%m-%d'))) <= 2629800.0"),
                    level("ELSE")]},
                {"output_column_name": "lat_lon", "comparison_levels": [null_level,
                    level("cast(acos(sin(radians(\"lat_l\")) * sin(radians(\"lat_r\")) + cos(radians(\"lon_r\" - \"lon_l\"))) * 6371 as float) <= 1"),
                    level("cast(acos(sin(radians(\"lat_l\")) * sin(radians(\"lat_r\")) + cos(radians(\"lon_r\" - \"lon_l\"))) * 6371 as float) <= 10"),
                    level("ELSE")]},
                {"output_column_name": "nhs", "comparison_levels": [null_level,
                    level("\"nhs no_l\" = \"nhs no_r\""), level("damerau_levenshtein(\"nhs no_l\", \"nhs no_r\") <= 1"), level("ELSE")]},
                {"output_column_name": "tags", "comparison_levels": [null_level,
                    level("array_length(list_intersect(\"tags_l\", \"tags_r\")) >= 2"),
                    level("array_length(list_intersect(\"tags_l\", \"tags_r\")) >= 1"), level("ELSE")]},
                {"output_column_name": "city", "comparison_levels": [null_level,
                    level("\"city_l\" = \"city_r\""), level("regexp_extract(\"city_l\", '^x') = 'x'"), level("ELSE")]},
            ]
        })
    }

    #[test]
    fn settings_become_a_specification_that_checks() {
        let text = specification(&settings().to_string(), &["p.csv".to_owned()]).unwrap();
        let spec = Spec::parse(&text, "spec.toml", Path::new("")).unwrap();
        assert_eq!((spec.mode, spec.blocks.len(), spec.compares.len()), (Mode::Dedupe, 2, 6));
        assert_eq!(spec.inputs[0].id.as_deref(), Some("rec"));
        let methods: Vec<&Method> = spec.compares.iter().map(|c| &c.method).collect();
        assert_eq!(methods[0], &Method::JaroWinkler(vec![0.92, 0.7]));
        assert!(spec.compares[0].term_frequency);
        assert_eq!(methods[1], &Method::Date);
        assert_eq!(methods[2], &Method::Geographic(vec![1.0, 10.0]));
        assert!(matches!(methods[3], Method::Edits(_, bounds) if *bounds == [1]));
        assert!(matches!(methods[4], Method::Array { counts, .. } if *counts == [2, 1]));
        assert_eq!(methods[5], &Method::Exact);
    }

    #[test]
    fn what_cannot_be_said_is_named() {
        let text = specification(&settings().to_string(), &[]).unwrap();
        let missing: Vec<&str> =
            text.lines().filter(|l| l.starts_with("# not translated")).collect();
        assert_eq!(missing.len(), 2, "{text}");
        assert!(text.contains("FILL-IN-1.parquet"));
    }

    #[test]
    fn other_files_are_refused() {
        assert!(specification("{}", &[]).is_err());
        assert!(specification("no", &[]).is_err());
    }
}
