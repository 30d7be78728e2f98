//! Holds the dependencies of each room against the table `arrows.toml`.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Forbidden arrows, a line each.
pub fn findings(root: &Path) -> Vec<String> {
    match (table(root), metadata(root)) {
        (Ok(table), Ok(metadata)) => check(&table, &metadata),
        (Err(problem), _) | (_, Err(problem)) => vec![format!("arrows: {problem}")],
    }
}

fn table(root: &Path) -> Result<toml::Table, String> {
    let path = root.join("crates/xtask/arrows.toml");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    text.parse().map_err(|e| format!("{}: {e}", path.display()))
}

fn metadata(root: &Path) -> Result<Value, String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root)
        .output()
        .map_err(|e| format!("cargo metadata: {e}"))?;
    serde_json::from_slice(&output.stdout).map_err(|e| format!("cargo metadata: {e}"))
}

fn check(table: &toml::Table, metadata: &Value) -> Vec<String> {
    let rooms = lists(table, "rooms");
    let outside = lists(table, "outside");
    let mut findings = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let room = package["name"].as_str().unwrap_or_default();
        let Some(allowed) = rooms.get(room) else {
            findings.push(format!("arrows: room `{room}` is not in arrows.toml; add it there"));
            continue;
        };
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        // What only tests need does not ship, so it may cross the arrows.
        for dependency in dependencies.filter(|d| d["kind"].as_str() != Some("dev")) {
            let name = dependency["name"].as_str().unwrap_or_default();
            let is_room = rooms.contains_key(name);
            if is_room && !allowed.iter().any(|a| a == name || a == "*") {
                findings.push(format!("arrows: `{room}` may not know room `{name}`"));
            }
            if outside.get(name).is_some_and(|at| !at.iter().any(|a| a == room)) {
                findings.push(format!("arrows: the library `{name}` may not live in `{room}`"));
            }
        }
    }
    findings
}

fn lists(table: &toml::Table, key: &str) -> BTreeMap<String, Vec<String>> {
    let entries = table.get(key).and_then(toml::Value::as_table).into_iter().flatten();
    entries
        .map(|(name, list)| {
            let items = list.as_array().into_iter().flatten();
            (name.clone(), items.filter_map(|i| i.as_str().map(str::to_owned)).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_arrow_is_found() {
        let table: toml::Table =
            "[rooms]\na = []\nb = [\"a\"]\n[outside]\nsql = [\"b\"]".parse().unwrap();
        let metadata = serde_json::json!({"packages": [
            {"name": "a", "dependencies": [{"name": "b"}, {"name": "sql"}]},
            {"name": "b", "dependencies": [{"name": "a"}, {"name": "sql"}]},
            {"name": "c", "dependencies": []},
        ]});
        assert_eq!(check(&table, &metadata).len(), 3);
    }
}
