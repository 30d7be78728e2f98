//! Two languages: Indonesian first, English under `/en`. All texts stand in `messages/*.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Indonesian, at `/`.
    Id,
    /// English, at `/en/`.
    En,
}

static ID: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| messages(include_str!("../messages/id.toml")));
static EN: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| messages(include_str!("../messages/en.toml")));

/// A broken file gives no messages; a test holds that both files are read.
fn messages(text: &str) -> BTreeMap<String, String> {
    toml::from_str(text).unwrap_or_default()
}

impl Lang {
    fn table(self) -> &'static BTreeMap<String, String> {
        match self {
            Self::Id => &ID,
            Self::En => &EN,
        }
    }

    /// The `lang` attribute.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::En => "en",
        }
    }

    /// What stands before every address of this language.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Id => "",
            Self::En => "/en",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Id => Self::En,
            Self::En => Self::Id,
        }
    }

    /// The text of a key; the key itself when there is none.
    #[must_use]
    pub fn t(self, key: &str) -> String {
        self.find(key).unwrap_or_else(|| key.to_owned())
    }

    /// The text of a key, if there is one.
    #[must_use]
    pub fn find(self, key: &str) -> Option<String> {
        self.table().get(key).cloned()
    }

    /// The text of a key with `{0}`, `{1}` … filled in.
    #[must_use]
    pub fn fill(self, key: &str, values: &[&str]) -> String {
        values
            .iter()
            .enumerate()
            .fold(self.t(key), |text, (at, value)| text.replace(&format!("{{{at}}}"), value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn holes(text: &str) -> Vec<&str> {
        let mut found: Vec<&str> =
            ["{0}", "{1}", "{2}", "{3}", "{4}"].into_iter().filter(|h| text.contains(h)).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn both_languages_say_the_same_things() {
        assert!(ID.len() > 50, "messages/id.toml is not read");
        for (key, text) in ID.iter() {
            let english = EN.get(key).unwrap_or_else(|| panic!("messages/en.toml has no {key}"));
            assert_eq!(holes(text), holes(english), "{key}");
        }
        for key in EN.keys() {
            assert!(ID.contains_key(key), "messages/id.toml has no {key}");
        }
    }

    /// Every key that stands in quotes after `t(`, `fill(` in sources and templates.
    fn used(dir: &Path, keys: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                used(&path, keys);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for call in [".t(\"", ".fill(\""] {
                for part in text.split(call).skip(1) {
                    let key = part.split('"').next().unwrap_or("").to_owned();
                    keys.push((key, path.display().to_string()));
                }
            }
        }
    }

    #[test]
    fn every_key_in_use_exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut keys = Vec::new();
        used(&root.join("templates"), &mut keys);
        used(&root.join("src"), &mut keys);
        let missing: Vec<_> = keys
            .iter()
            .filter(|(key, _)| {
                !key.is_empty() && !key.contains('{') && Lang::Id.find(key).is_none()
            })
            .filter(|(_, place)| !place.ends_with("lang.rs"))
            .collect();
        assert!(missing.is_empty(), "{missing:#?}");
    }
}
