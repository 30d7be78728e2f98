//! What a frame computes about itself: members by family, derived columns; and the frame of one
//! family for worked examples.

use super::column::{Column, NO_DAY, NO_SMALL};
use super::{FamilyCore, Frame, NO_ROW, PersonCore};
use kernel::Date;
use std::sync::Arc;

impl Frame {
    /// Groups the living members by family. Called when persons, families or lives change.
    pub(crate) fn regroup(&mut self) {
        let rows = self.family.id.len();
        let person = &self.person;
        let living = |row: usize| {
            let family = person.family[row];
            (family != NO_ROW && person.alive[row]).then_some(family as usize)
        };
        let mut start = vec![0u32; rows + 1];
        for family in (0..person.id.len()).filter_map(living) {
            start[family + 1] += 1;
        }
        for family in 0..rows {
            start[family + 1] += start[family];
        }
        let mut next = start.clone();
        let mut members = vec![0u32; start[rows] as usize];
        for row in 0..person.id.len() {
            if let Some(family) = living(row) {
                members[next[family] as usize] = row as u32;
                next[family] += 1;
            }
        }
        self.member_start = Arc::new(start);
        self.member_rows = Arc::new(members);
    }

    /// Writes the derived family columns from the fixed ones.
    pub(crate) fn derive_families(&mut self) {
        let rows = self.family.id.len();
        let small = |count: usize| u8::try_from(count).unwrap_or(NO_SMALL - 1);
        let members = (0..rows).map(|row| small(self.members(row).len())).collect();
        let day = f64::from(self.day().days());
        let visits = match self.families.columns.get("visited_date").map(Arc::as_ref) {
            Some(Column::Day(visits)) => visits.as_slice(),
            _ => &[],
        };
        let months = |&d: &i32| {
            if d == NO_DAY { f64::NAN } else { ((day - f64::from(d)) / 30.4375).floor() }
        };
        let mut months: Vec<f64> = visits.iter().map(months).collect();
        months.resize(rows, f64::NAN);
        let f = Arc::clone(&self.family);
        let decile = f.decile.iter().map(|&d| if d == 0 { NO_SMALL } else { d }).collect();
        let columns = &mut self.families.columns;
        let mut add = |name: &str, column| columns.insert(name.into(), Arc::new(column));
        add("members", Column::Small(members));
        add("visit_age_months", Column::Real(months));
        add("rank", Column::Real(f.rank.iter().map(|r| r * 100.0).collect()));
        add("decile", Column::Small(decile));
        add("unranked_reason", Column::Small(f.unranked.clone()));
        add("score", Column::Real(f.score.clone()));
        add("p_decile_1_4", Column::Real(f.p_1_4.clone()));
        add("p_decile_1_5", Column::Real(f.p_1_5.clone()));
        self.families.rows = rows;
    }

    /// One family of `members` people about whom nothing is known, for worked examples.
    pub(crate) fn one_family(day: Date, members: usize) -> Self {
        let person = PersonCore {
            id: (1..=members as u64).collect(),
            family: vec![0; members],
            village: vec![0; members],
            sex: vec![0; members],
            age: vec![NO_SMALL; members],
            alive: vec![true; members],
        };
        let family = FamilyCore {
            id: vec![1],
            village: vec![0],
            head: vec![if members == 0 { NO_ROW } else { 0 }],
            decile: vec![0],
            unranked: vec![kernel::UnrankedReason::NotVisited.code()],
            score: vec![f64::NAN],
            se: vec![f64::NAN],
            rank: vec![f64::NAN],
            p_1_4: vec![f64::NAN],
            p_1_5: vec![f64::NAN],
        };
        Self {
            as_of: Some(day),
            person: Arc::new(person),
            family: Arc::new(family),
            lenient: true,
            ..Self::default()
        }
    }
}
