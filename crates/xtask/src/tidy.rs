//! Size rules with a ratchet, READMEs, and words that must not stand in tracked files.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// What is untidy, a line each.
pub fn findings(root: &Path) -> Vec<String> {
    let tracked = match tracked_files(root) {
        Ok(files) => files,
        Err(problem) => return vec![format!("tidy: {problem}")],
    };
    let mut findings = readmes(root);
    findings.extend(forbidden_words(root, &tracked));
    match ratchet(root) {
        Ok(allowed) => findings.extend(against(&allowed, &measure(root, &tracked))),
        Err(problem) => findings.push(problem),
    }
    findings
}

/// Today's exceptions in the form of `ratchet.toml`.
pub fn ratchet_text(root: &Path) -> String {
    let sizes = measure(root, &tracked_files(root).unwrap_or_default());
    let mut text = String::from(
        "# Exceptions to the size rules. They may only shrink: lower a figure when the code allows it.\n",
    );
    for (section, entries) in [("files", &sizes.files), ("functions", &sizes.functions)] {
        let _ = writeln!(text, "\n[{section}]");
        for (name, lines) in entries {
            let _ = writeln!(text, "\"{name}\" = {lines}");
        }
    }
    text
}

/// Files and functions over the limits, with their lines.
#[derive(Default)]
struct Sizes {
    files: BTreeMap<String, usize>,
    functions: BTreeMap<String, usize>,
}

fn tracked_files(root: &Path) -> Result<Vec<String>, String> {
    let output = Command::new("git")
        .arg("ls-files")
        .current_dir(root)
        .output()
        .map_err(|e| format!("git ls-files: {e}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

fn readmes(root: &Path) -> Vec<String> {
    let rooms = std::fs::read_dir(root.join("crates")).into_iter().flatten().flatten();
    rooms
        .filter(|room| !room.path().join("README.md").exists())
        .map(|room| format!("tidy: {} has no README.md", room.path().display()))
        .collect()
}

/// Machine paths and registry hosts. The pieces are joined here so that this file passes itself.
fn forbidden_words(root: &Path, tracked: &[String]) -> Vec<String> {
    let words = [
        ["/wo", "rk/"].concat(),
        ["registry.npm", "js.org"].concat(),
        ["files.python", "hosted"].concat(),
    ];
    let mut findings = Vec::new();
    for file in tracked {
        let Ok(text) = std::fs::read_to_string(root.join(file)) else { continue };
        for (number, line) in text.lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(word.as_str())) {
                findings.push(format!("tidy: {file}:{} holds `{word}`", number + 1));
            }
        }
    }
    findings
}

fn ratchet(root: &Path) -> Result<Sizes, String> {
    let path = root.join("crates/xtask/ratchet.toml");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let table: toml::Table = text.parse().map_err(|e| format!("{}: {e}", path.display()))?;
    let section = |name: &str| -> BTreeMap<String, usize> {
        let entries = table.get(name).and_then(toml::Value::as_table).into_iter().flatten();
        entries.map(|(k, v)| (k.clone(), v.as_integer().unwrap_or(0) as usize)).collect()
    };
    Ok(Sizes { files: section("files"), functions: section("functions") })
}

fn measure(root: &Path, tracked: &[String]) -> Sizes {
    let mut sizes = Sizes::default();
    for file in tracked.iter().filter(|f| f.ends_with(".rs")) {
        let Ok(text) = std::fs::read_to_string(root.join(file)) else { continue };
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            sizes.files.insert(file.clone(), lines);
        }
        for (name, length) in functions(&text) {
            if length > FUNCTION_LINES_MAX {
                sizes.functions.insert(format!("{file}::{name}"), length);
            }
        }
    }
    sizes
}

/// Names and lengths of the functions of a formatted file: from `fn` to the closing brace in the
/// same column, which rustfmt guarantees.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let Some(name) = function_name(line.trim_start()) else { continue };
        let closing = format!("{}}}", " ".repeat(indent));
        let body = lines[start..].iter().position(|l| **l == closing);
        if let Some(length) = body.filter(|_| !line.trim_end().ends_with(';')) {
            found.push((name.to_owned(), length + 1));
        }
    }
    found
}

fn function_name(line: &str) -> Option<&str> {
    let mut rest = line;
    for prefix in ["pub(crate) ", "pub(super) ", "pub ", "const ", "async "] {
        rest = rest.strip_prefix(prefix).unwrap_or(rest);
    }
    let name = rest.strip_prefix("fn ")?;
    name.split(['(', '<']).next()
}

fn against(allowed: &Sizes, now: &Sizes) -> Vec<String> {
    let mut findings = Vec::new();
    let pairs = [
        ("file", &allowed.files, &now.files, FILE_LINES_MAX),
        ("function", &allowed.functions, &now.functions, FUNCTION_LINES_MAX),
    ];
    for (kind, allowed, now, max) in pairs {
        for (name, lines) in now {
            let limit = allowed.get(name).copied().unwrap_or(max);
            if *lines > limit {
                findings.push(format!("tidy: {kind} {name} has {lines} lines, over {limit}"));
            }
        }
        for name in allowed.keys().filter(|name| !now.contains_key(*name)) {
            findings.push(format!("tidy: {kind} {name} no longer needs its line in ratchet.toml"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_counted_to_the_closing_brace() {
        let text = "impl A {\n    pub fn short(&self) {\n        x();\n    }\n}\nfn long<T>(t: T)\nwhere\n{\n}\n";
        assert_eq!(functions(text), [("short".to_owned(), 3), ("long".to_owned(), 4)]);
    }

    #[test]
    fn a_ratchet_only_shrinks() {
        let sizes = |n: usize| Sizes { files: [("a.rs".to_owned(), n)].into(), ..Sizes::default() };
        assert!(against(&sizes(600), &sizes(600)).is_empty());
        assert_eq!(against(&sizes(600), &sizes(601)).len(), 1);
        assert_eq!(against(&sizes(600), &Sizes::default()).len(), 1);
    }
}
