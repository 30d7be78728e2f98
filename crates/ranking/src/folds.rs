//! Folds: whole clusters go to one fold, spread evenly within strata, from a seed.

use kernel::Chance;
use rustc_hash::FxHashMap;

/// A fold per row in `0..k`. `cluster[row]` keeps rows together; `strata[row]`, if given, is the
/// stratum of the row's cluster. The same clusters in another row order get the same folds: keys
/// decide, not positions.
pub(crate) fn assign(
    cluster: &[String],
    strata: Option<&[String]>,
    k: usize,
    seed: u64,
    repeat: u64,
) -> Vec<u8> {
    let mut sizes: FxHashMap<&str, (usize, &str)> = FxHashMap::default();
    for (row, key) in cluster.iter().enumerate() {
        let stratum = strata.map_or("", |s| s[row].as_str());
        // A cluster whose rows name two strata belongs to the first by name.
        let entry = sizes.entry(key).or_insert((0, stratum));
        *entry = (entry.0 + 1, entry.1.min(stratum));
    }
    let mut order: Vec<(&str, u64, &str, usize)> = sizes
        .into_iter()
        .map(|(key, (size, stratum))| (stratum, draw(key, seed, repeat), key, size))
        .collect();
    order.sort_unstable();
    let mut load = vec![0usize; k];
    let mut in_stratum = vec![0usize; k];
    let mut stratum_now = None;
    let mut fold_of: FxHashMap<&str, u8> = FxHashMap::default();
    for (stratum, _, key, size) in order {
        if stratum_now != Some(stratum) {
            in_stratum.fill(0);
            stratum_now = Some(stratum);
        }
        let best = (0..k).min_by_key(|&f| (in_stratum[f], load[f], f)).unwrap_or(0);
        in_stratum[best] += size;
        load[best] += size;
        fold_of.insert(key, best as u8);
    }
    cluster.iter().map(|key| fold_of[key.as_str()]).collect()
}

/// A number drawn for a key.
fn draw(key: &str, seed: u64, repeat: u64) -> u64 {
    let hash = key.bytes().fold(0xCBF2_9CE4_8422_2325u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    Chance::at(seed, hash, repeat).bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_stay_whole_folds_are_even_and_order_does_not_matter() {
        let cluster: Vec<String> = (0..1000).map(|i| format!("ea{}", i / 8)).collect();
        let strata: Vec<String> = (0..1000).map(|i| format!("s{}", i / 500)).collect();
        let folds = assign(&cluster, Some(&strata), 5, 7, 0);
        for pair in (0..1000).collect::<Vec<usize>>().windows(2) {
            if cluster[pair[0]] == cluster[pair[1]] {
                assert_eq!(folds[pair[0]], folds[pair[1]]);
            }
        }
        for f in 0..5 {
            let count = folds.iter().filter(|&&x| x == f).count();
            assert!((180..=220).contains(&count), "fold {f} has {count}");
        }
        let backwards: Vec<String> = cluster.iter().rev().cloned().collect();
        let strata: Vec<String> = strata.iter().rev().cloned().collect();
        let mut other = assign(&backwards, Some(&strata), 5, 7, 0);
        other.reverse();
        assert!(folds == other, "another order of rows gave other folds");
        assert_ne!(folds, assign(&cluster, Some(&strata), 5, 8, 0));
    }
}
