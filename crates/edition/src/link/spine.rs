//! The people of the civil register: its rows, with two identities of one person joined.

use crate::link::agree::Agreement;
use crate::records::{Identity, NO_DATE};
use engine::sort::{order_by_u64, runs};
use kernel::chance::mix;
use rustc_hash::FxHashMap;

/// The register as people. Person `p` is described by row `rows[p]` of `identity`.
#[derive(Debug)]
pub struct Spine {
    /// All rows of the register.
    pub identity: Identity,
    /// Person of each row.
    pub person_of_row: Vec<u32>,
    /// The row that stands for each person (its first).
    pub rows: Vec<u32>,
    /// Person by NIK; a second identity leads to the same person.
    pub by_nik: FxHashMap<u64, u32>,
    /// People found under two NIK.
    pub second_identities: u64,
    /// Rows whose NIK an earlier, different person already holds.
    pub reused_niks: u64,
}

impl Spine {
    /// Joins the register's rows into people.
    ///
    /// Two rows are one person when they carry one NIK and agree, or when name, birth date and sex
    /// are the same letter for letter and either the mother's name or the family card is too.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        let rows = identity.len();
        let mut same_as: Vec<u32> = (0..rows as u32).collect();
        let second_identities = join_identities(&identity, &mut same_as);
        let mut holder: FxHashMap<u64, u32> =
            FxHashMap::with_capacity_and_hasher(rows, rustc_hash::FxBuildHasher);
        let mut reused_niks = 0;
        for row in 0..rows {
            let nik = identity.nik[row];
            if nik == 0 {
                continue;
            }
            let first = *holder.entry(nik).or_insert(row as u32);
            if first as usize == row || same_as[row] == same_as[first as usize] {
                continue;
            }
            if Agreement::of(&identity, row, &identity, first as usize).is_full() {
                same_as[row] = same_as[first as usize];
            } else {
                reused_niks += 1;
            }
        }
        let mut people = Vec::with_capacity(rows);
        let mut person_of_row = vec![0; rows];
        for row in 0..rows {
            if same_as[row] as usize == row {
                person_of_row[row] = people.len() as u32;
                people.push(row as u32);
            } else {
                // The stand-in comes first, and leads to nobody else.
                person_of_row[row] = person_of_row[same_as[row] as usize];
            }
        }
        for row in holder.values_mut() {
            *row = person_of_row[*row as usize];
        }
        Self {
            identity,
            person_of_row,
            rows: people,
            by_nik: holder,
            second_identities,
            reused_niks,
        }
    }

    /// The number of people.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether the register is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// One row per person, in the order of people.
    #[must_use]
    pub fn people(&self) -> Identity {
        let mut out = Identity::default();
        for row in &self.rows {
            out.push_from(&self.identity, *row as usize);
        }
        out
    }
}

/// Joins rows of the same name, birth date and sex that share mother or family card. Returns how many.
fn join_identities(identity: &Identity, same_as: &mut [u32]) -> u64 {
    let keys: Vec<u64> = (0..identity.len())
        .map(|row| {
            if identity.birth[row] == NO_DATE || identity.name.get(row).is_empty() {
                // Unique: joins with nothing.
                return mix(row as u64) | 1 << 63;
            }
            let birth = identity.birth[row] as u32 as u64;
            let name = text_key(identity.name.get(row));
            mix(name ^ mix(birth * 4 + u64::from(identity.sex[row]))) >> 1
        })
        .collect();
    let order = order_by_u64(&keys);
    let mut joined = 0;
    for range in runs(&order, |row| keys[*row as usize]) {
        for i in range.clone().skip(1) {
            let row = order[i] as usize;
            let first = order[range.start..i].iter().find(|r| is_same(identity, **r as usize, row));
            if let Some(first) = first {
                same_as[row] = same_as[*first as usize];
                joined += 1;
            }
        }
    }
    joined
}

fn is_same(identity: &Identity, a: usize, b: usize) -> bool {
    let mother = identity.mother.get(a);
    identity.name.get(a) == identity.name.get(b)
        && identity.birth[a] == identity.birth[b]
        && identity.sex[a] == identity.sex[b]
        && ((!mother.is_empty() && mother == identity.mother.get(b))
            || (identity.kk[a] != 0 && identity.kk[a] == identity.kk[b]))
}

/// A 64-bit key of a text (FNV-1a, then mixed). Equal texts have equal keys.
#[must_use]
pub fn text_key(text: &str) -> u64 {
    let fnv = text
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01B3));
    mix(fnv)
}
