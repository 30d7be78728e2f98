//! People outside the civil register: unlinked records that agree with each other.

use crate::link::spine::text_key;
use crate::records::{Identity, NO_DATE};
use engine::sort::{order_by_u64, runs};
use kernel::chance::mix;

/// One unlinked record, as this step needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orphan {
    /// Number of the record table.
    pub table: u16,
    /// Row in it.
    pub row: u32,
    /// Whether its source visits homes, so that a person may stand on its word alone.
    pub makes_person: bool,
    /// Whether its NIK (not in the register) may join it to others.
    pub nik_holds: bool,
}

/// Groups orphans into people. Returns, per orphan, the number of its group, or `None` when no
/// visiting source knows the person. Groups are numbered by their first orphan.
///
/// Records are one person when they share an unregistered NIK, or name, birth date and village,
/// or name and family card. `identity` has one row per orphan.
#[must_use]
pub fn group(orphans: &[Orphan], identity: &Identity) -> Vec<Option<u32>> {
    let mut parent: Vec<u32> = (0..orphans.len() as u32).collect();
    for kind in 0..3 {
        let keys: Vec<u64> =
            (0..orphans.len()).map(|i| key(kind, i, &orphans[i], identity)).collect();
        let order = order_by_u64(&keys);
        for range in runs(&order, |i| keys[*i as usize]) {
            if keys[order[range.start] as usize] == 0 {
                continue;
            }
            for i in range.start + 1..range.end {
                let (a, b) = (order[range.start] as usize, order[i] as usize);
                if kind != 0
                    || crate::link::agree::names(identity.name.get(a), identity.name.get(b))
                        >= crate::link::agree::Level::Similar
                {
                    union(&mut parent, a as u32, b as u32);
                }
            }
        }
    }
    let mut known = vec![false; orphans.len()];
    for (i, orphan) in orphans.iter().enumerate() {
        if orphan.makes_person {
            known[find(&mut parent, i as u32) as usize] = true;
        }
    }
    let mut number = vec![None; orphans.len()];
    let mut next = 0;
    (0..orphans.len())
        .map(|i| {
            let root = find(&mut parent, i as u32) as usize;
            if !known[root] {
                return None;
            }
            if number[root].is_none() {
                number[root] = Some(next);
                next += 1;
            }
            number[root]
        })
        .collect()
}

/// The joining key of an orphan, 0 when it lacks a part.
fn key(kind: u8, i: usize, orphan: &Orphan, identity: &Identity) -> u64 {
    let name = identity.name.get(i);
    let parts = match kind {
        0 if orphan.nik_holds && identity.nik[i] != 0 => [identity.nik[i], 1],
        1 if !name.is_empty() && identity.birth[i] != NO_DATE && identity.village[i] != 0 => {
            let birth = identity.birth[i] as u32 as u64;
            [text_key(name), mix(birth) ^ mix(identity.village[i])]
        }
        2 if !name.is_empty() && identity.kk[i] != 0 => [text_key(name), identity.kk[i]],
        _ => return 0,
    };
    mix(parts[0] ^ mix(parts[1].wrapping_add(u64::from(kind)))) | 1
}

fn find(parent: &mut [u32], mut i: u32) -> u32 {
    while parent[i as usize] != i {
        let up = parent[parent[i as usize] as usize];
        parent[i as usize] = up;
        i = up;
    }
    i
}

/// The smaller number becomes the root, so groups do not depend on the order of joining.
fn union(parent: &mut [u32], a: u32, b: u32) {
    let (a, b) = (find(parent, a), find(parent, b));
    let (low, high) = (a.min(b), a.max(b));
    parent[high as usize] = low;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreeing_records_are_one_person_if_somebody_visited() {
        let mut identity = Identity::default();
        let mut orphans = Vec::new();
        for (row, (nik, name, birth, kk, visits)) in [
            (11, "SITI AMINAH", 100, 7, true),
            (11, "SITI AMINAH", 200, 0, false),
            (0, "SITI AMINAH", 200, 0, false),
            (0, "BUDI", NO_DATE, 7, false),
            (11, "ZAINAL", 9, 0, true),
        ]
        .into_iter()
        .enumerate()
        {
            identity.record.push(row as u64);
            identity.nik.push(nik);
            identity.nik_problem.push(0);
            identity.kk.push(kk);
            identity.name.push(name);
            identity.sex.push(1);
            identity.birth.push(birth);
            identity.mother.push("");
            identity.village.push(5_201_012_001);
            orphans.push(Orphan {
                table: 0,
                row: row as u32,
                makes_person: visits,
                nik_holds: true,
            });
        }
        assert_eq!(group(&orphans, &identity), [Some(0), Some(0), Some(0), None, Some(1)]);
    }
}
