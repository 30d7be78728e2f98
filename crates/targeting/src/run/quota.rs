//! Seats: how many each region gets, and who gets them in the order of need.

use super::order::Claim;
use super::{Options, Outcome, Stratum};
use crate::TargetError;
use crate::frame::Frame;
use crate::programme::{PovertyMap, Quota, Rules, Seats, code};
use kernel::apportion;

/// Fills the seats of every quota from its claims, which are in order.
pub(super) fn fill(
    frame: &Frame,
    rules: &Rules<'_>,
    options: &Options,
    claims: Vec<Claim>,
    outcome: &mut Outcome,
) -> Result<(), TargetError> {
    let groups: Vec<&[Claim]> = claims.chunk_by(|a, b| a.stratum == b.stratum).collect();
    let quota = rules.programme.quota.as_ref().filter(|_| !options.ignore_quota);
    let seats = match quota {
        None => groups.iter().map(|g| g.len() as u64).collect(),
        Some(quota) => seats(quota, rules, outcome, &groups)?,
    };
    let share = match quota.and_then(|q| q.reserve_share.as_ref()) {
        Some(key) => rules.programme.number(key, &rules.values)?,
        None => 0.0,
    };
    for (group, seats) in groups.into_iter().zip(seats) {
        let seats = usize::try_from(seats).unwrap_or(usize::MAX).min(group.len());
        let places = (share * seats as f64).ceil() as usize;
        let stratum = fill_one(group, seats, places, outcome);
        outcome.strata.push(stratum);
    }
    debug_assert_eq!(frame.rows(outcome.unit), outcome.chosen.len());
    Ok(())
}

fn seats(
    quota: &Quota,
    rules: &Rules<'_>,
    outcome: &Outcome,
    groups: &[&[Claim]],
) -> Result<Vec<u64>, TargetError> {
    let total = match &quota.seats {
        Seats::Roll => {
            outcome.listed.iter().filter(|l| **l).count() as u64 + outcome.unlinked.len() as u64
        }
        Seats::Fixed(seats) => *seats,
        Seats::Parameter(key) => rules.programme.number(key, &rules.values)?.max(0.0) as u64,
    };
    let caps: Vec<u64> = groups.iter().map(|g| g.len() as u64).collect();
    let regions: Vec<u64> = groups.iter().map(|g| g[0].stratum).collect();
    let weights = match (&rules.programme.map, quota.level) {
        (Some(map), Some(_)) => map_weights(map, &regions, rules)?,
        _ => caps.iter().map(|c| *c as f64).collect(),
    };
    Ok(apportion(total, &weights, &caps))
}

fn map_weights(
    map: &PovertyMap,
    regions: &[u64],
    rules: &Rules<'_>,
) -> Result<Vec<f64>, TargetError> {
    let weight = |&region: &u64| {
        if region == 0 {
            return Ok(0.0);
        }
        let found = map.poor.iter().find(|(code, _)| code.number() == region);
        found.map(|(_, poor)| *poor).ok_or_else(|| {
            let message = format!(
                "the map `{}` has no region {region}, where units are eligible; add it to \
                 maps/{}.toml",
                map.name, map.name
            );
            rules.programme.wrong("quota.map", &message)
        })
    };
    regions.iter().map(weight).collect()
}

fn fill_one(group: &[Claim], seats: usize, places: usize, outcome: &mut Outcome) -> Stratum {
    // The need of the last seat filled by order alone: whoever sits above it was kept by a rule.
    let edge = group[..seats].last().filter(|c| c.class == 1).map(|c| (c.priority, c.need));
    for (at, claim) in group.iter().enumerate() {
        let row = claim.row as usize;
        outcome.need_rank[row] = at as u32 + 1;
        outcome.chosen[row] = at < seats;
        if at < seats {
            let above = edge.is_none_or(|edge| (claim.priority, claim.plain_need) > edge);
            outcome.reason[row] = match (claim.class, above, outcome.reason[row]) {
                (0, true, _) => code::STAY,
                (_, true, _) | (_, _, code::KEPT) => code::KEPT,
                _ => code::CHOSEN,
            };
        } else if at < seats + places {
            outcome.reserve[row] = (at - seats) as u32 + 1;
            outcome.reason[row] = code::RESERVE;
        } else {
            outcome.reason[row] = code::QUOTA;
        }
    }
    Stratum {
        region: group[0].stratum,
        seats: seats as u32,
        eligible: group.len() as u32,
        chosen: seats as u32,
        reserve: places.min(group.len() - seats) as u32,
    }
}
