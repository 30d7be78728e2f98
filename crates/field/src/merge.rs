//! Answers of two forms about one visit, joined value by value. What only one of them has is taken;
//! what both have alike is taken; what differs is a conflict for somebody to decide, and the
//! earlier value stays until then.

use std::collections::BTreeMap;

/// What joining gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// Values that are new: to be added.
    pub added: BTreeMap<String, String>,
    /// Path, the value that stands, the value that came.
    pub conflicts: Vec<(String, String, String)>,
}

/// Joins `coming` onto `standing`.
#[must_use]
pub fn merge(standing: &BTreeMap<String, String>, coming: &BTreeMap<String, String>) -> Merged {
    let mut merged = Merged::default();
    for (path, value) in coming {
        match standing.get(path) {
            None => {
                merged.added.insert(path.clone(), value.clone());
            }
            Some(own) if own == value => {}
            Some(own) => merged.conflicts.push((path.clone(), own.clone(), value.clone())),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn nothing_is_lost_and_nothing_overwritten() {
        let merged = merge(
            &map(&[("floor", "8"), ("wall", "1")]),
            &map(&[("floor", "2"), ("wall", "1"), ("roof", "3")]),
        );
        assert_eq!(merged.added, map(&[("roof", "3")]));
        assert_eq!(merged.conflicts, [("floor".into(), "8".into(), "2".into())]);
        assert_eq!(merge(&map(&[]), &map(&[("a", "1")])).conflicts, []);
    }
}
