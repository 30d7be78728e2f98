//! What a unit would get in a year: a flat amount, or the sum of its components.

use crate::TargetError;
use crate::frame::Frame;
use crate::programme::{CheckedComponent, Per, Period, Rules};
use crate::rule::{TRUE, bind};
use crate::schema::TableKind;
use rayon::prelude::*;

/// Rupiah per year by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amounts {
    /// The same for every row.
    Flat(i64),
    /// One amount per row.
    PerRow(Vec<i64>),
}

impl Amounts {
    /// Of row `row`.
    #[must_use]
    pub fn of(&self, row: usize) -> i64 {
        match self {
            Self::Flat(amount) => *amount,
            Self::PerRow(amounts) => amounts.get(row).copied().unwrap_or(0),
        }
    }
}

pub(super) fn amounts(frame: &Frame, rules: &Rules<'_>) -> Result<Amounts, TargetError> {
    let benefit = &rules.programme.benefit;
    let times = match benefit.period {
        Period::Month => 12,
        Period::Year | Period::Once => 1,
    };
    if benefit.per == Per::Village {
        return Ok(Amounts::Flat(0));
    }
    if rules.components.is_empty() {
        let amount = match &benefit.amount {
            Some(key) => rules.programme.number(key, &rules.values)? as i64,
            None => 0,
        };
        return Ok(Amounts::Flat(amount * times));
    }
    let most = match &benefit.components_max {
        Some(key) => rules.programme.number(key, &rules.values)?.max(0.0) as usize,
        None => usize::MAX,
    };
    let mut per_family = family_amounts(frame, &rules.components, most)?;
    per_family.iter_mut().for_each(|a| *a *= times);
    if rules.programme.unit == TableKind::Family {
        return Ok(Amounts::PerRow(per_family));
    }
    let of = |row| frame.family_of(TableKind::Person, row).map_or(0, |f| per_family[f]);
    Ok(Amounts::PerRow((0..frame.rows(TableKind::Person)).map(of).collect()))
}

/// Each member counts once, by the largest component that it meets; the `most` largest are paid.
fn family_amounts(
    frame: &Frame,
    components: &[CheckedComponent<'_>],
    most: usize,
) -> Result<Vec<i64>, TargetError> {
    let mut members: Vec<(i64, u8, Vec<u8>)> = Vec::new();
    let mut families: Vec<(i64, Vec<u8>)> = Vec::new();
    for part in components {
        if part.component.member.is_some() {
            let answers = bind(&part.node, TableKind::Person, frame)?.truths();
            members.push((part.amount, part.component.most.unwrap_or(u8::MAX), answers));
        } else {
            let answers = bind(&part.node, TableKind::Family, frame)?.truths();
            families.push((part.amount, answers));
        }
    }
    members.sort_by_key(|(amount, ..)| -amount);
    let sum = |paid: &mut Vec<i64>, used: &mut Vec<u8>, family: usize| -> i64 {
        paid.clear();
        used.fill(0);
        for &row in frame.members(family) {
            let fits =
                |at: &usize| members[*at].2[row as usize] == TRUE && used[*at] < members[*at].1;
            if let Some(at) = (0..members.len()).find(fits) {
                used[at] += 1;
                paid.push(members[at].0);
            }
        }
        paid.extend(families.iter().filter(|(_, a)| a[family] == TRUE).map(|(amount, _)| amount));
        paid.sort_unstable_by(|a, b| b.cmp(a));
        paid.iter().take(most).sum()
    };
    let scratch = || (Vec::new(), vec![0u8; members.len()]);
    Ok((0..frame.rows(TableKind::Family))
        .into_par_iter()
        .with_min_len(4_096)
        .map_init(scratch, |(paid, used), family| sum(paid, used, family))
        .collect())
}
