//! Who gets what in all: combinations of programmes by family, money by decile, and the gaps.

use crate::frame::Frame;
use crate::programme::{Per, Programme};
use crate::run::Outcome;
use std::collections::BTreeMap;

/// Whether the lists as they should be, or the rolls as they are, are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Lists (`chosen`).
    List,
    /// Rolls (`listed`).
    Roll,
}

/// Families with one combination of programmes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// Families.
    pub families: u64,
    /// Their living members.
    pub persons: u64,
    /// Rupiah a year for all of them.
    pub rupiah_year: i64,
}

/// The overlap of several programmes.
#[derive(Debug, Clone, Default)]
pub struct Overlap {
    /// Programme ids; bit `i` of a combination is programme `i`. Programmes that pay a village as
    /// a whole are left out.
    pub programmes: Vec<String>,
    /// By combination.
    pub combinations: BTreeMap<u16, Share>,
    /// By decile (0 unranked).
    pub deciles: BTreeMap<u8, Share>,
    /// Of deciles 1 and 2: families without anything, and all, by village.
    pub gaps: BTreeMap<u64, (u64, u64)>,
    /// Rows of the families of deciles 1 and 2 without anything, poorest first.
    pub gap_families: Vec<u32>,
}

/// Combines `programmes` with their outcomes on `frame`.
#[must_use]
pub fn overlap(
    frame: &Frame,
    programmes: &[(&Programme, &Outcome)],
    standing: Standing,
) -> Overlap {
    let families = frame.family.id.len();
    let mut mask = vec![0u16; families];
    let mut money = vec![0i64; families];
    let counted: Vec<_> =
        programmes.iter().filter(|(p, _)| p.benefit.per != Per::Village).collect();
    for (bit, (_, outcome)) in counted.iter().enumerate().take(16) {
        let members = match standing {
            Standing::List => &outcome.chosen,
            Standing::Roll => &outcome.listed,
        };
        for row in (0..members.len()).filter(|&r| members[r]) {
            if let Some(family) = frame.family_of(outcome.unit, row) {
                mask[family] |= 1 << bit;
                money[family] += outcome.amounts.of(row);
            }
        }
    }
    let mut out = Overlap {
        programmes: counted.iter().map(|(p, _)| p.id.clone()).collect(),
        ..Overlap::default()
    };
    for family in 0..families {
        let persons = frame.members(family).len() as u64;
        if persons == 0 {
            continue;
        }
        let decile = frame.family.decile[family];
        add(out.combinations.entry(mask[family]).or_default(), persons, money[family]);
        add(out.deciles.entry(decile).or_default(), persons, money[family]);
        if decile == 1 || decile == 2 {
            let gap = out.gaps.entry(frame.family.village[family]).or_default();
            gap.1 += 1;
            if mask[family] == 0 {
                gap.0 += 1;
                out.gap_families.push(family as u32);
            }
        }
    }
    let key = |&f: &u32| (frame.family.rank[f as usize], frame.family.id[f as usize]);
    out.gap_families.sort_by(|a, b| {
        let (a, b) = (key(a), key(b));
        a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
    });
    out
}

fn add(share: &mut Share, persons: u64, rupiah_year: i64) {
    share.families += 1;
    share.persons += persons;
    share.rupiah_year += rupiah_year;
}

impl Overlap {
    /// Families of deciles 1 and 2 without anything, and all of them.
    #[must_use]
    pub fn gap(&self) -> (u64, u64) {
        self.gaps.values().fold((0, 0), |a, g| (a.0 + g.0, a.1 + g.1))
    }

    /// The ids of a combination, joined by ` + `; empty for none.
    #[must_use]
    pub fn words(&self, mask: u16) -> String {
        let ids = self.programmes.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1);
        ids.map(|(_, id)| id.as_str()).collect::<Vec<_>>().join(" + ")
    }
}
