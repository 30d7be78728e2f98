//! Seats: how many each region gets, and who gets them in the order of need.

use super::order::Claim;
use super::{Options, Outcome, Stratum};
use crate::TargetError;
use crate::frame::Frame;
use crate::programme::{PovertyMap, Quota, Rules, Seats, code};

/// Divides `total` seats in proportion to `weights` by largest remainders; nobody gets more than
/// its `caps`, and what is left over goes round again among the others. Ties of remainders go to
/// the earlier entry. Sum of the result: `total`, or the sum of the caps when that is less.
///
/// Hamilton's method (Balinski and Young, *Fair Representation*, 1982), with caps.
#[must_use]
pub fn apportion(total: u64, weights: &[f64], caps: &[u64]) -> Vec<u64> {
    let mut seats = vec![0u64; weights.len()];
    loop {
        let given: u64 = seats.iter().sum();
        let left = total.saturating_sub(given);
        let open: Vec<usize> =
            (0..weights.len()).filter(|&i| weights[i] > 0.0 && seats[i] < caps[i]).collect();
        let weight: f64 = open.iter().map(|&i| weights[i]).sum();
        if left == 0 || open.is_empty() {
            return seats;
        }
        let share = |i: usize| left as f64 * weights[i] / weight;
        let mut rest = left;
        let mut remainders: Vec<(f64, usize)> = Vec::new();
        for &i in &open {
            let whole = (share(i).floor() as u64).min(rest);
            let fits = whole.min(caps[i] - seats[i]);
            rest -= whole;
            seats[i] += fits;
            if fits == whole && seats[i] < caps[i] {
                remainders.push((share(i) - share(i).floor(), i));
            }
        }
        remainders.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for (_, i) in remainders.into_iter().take(usize::try_from(rest).unwrap_or(usize::MAX)) {
            seats[i] += 1;
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(total: u64, weights: &[f64], caps: &[u64], want: &[u64]) {
        assert_eq!(apportion(total, weights, caps), want, "{total} {weights:?} {caps:?}");
    }

    #[test]
    fn largest_remainders_by_hand() {
        let free = [1_000; 3];
        check(10, &[1.0, 1.0, 1.0], &free, &[4, 3, 3]);
        check(10, &[5.0, 3.0, 2.0], &free, &[5, 3, 2]);
        // 100 seats by 47, 16, 37.5: 46.77 15.92 37.31 → 46+1, 15+1, 37
        check(100, &[47.0, 16.0, 37.5], &free, &[47, 16, 37]);
        check(0, &[1.0, 1.0], &[9, 9], &[0, 0]);
    }

    #[test]
    fn a_full_region_passes_its_seats_on() {
        check(10, &[8.0, 1.0, 1.0], &[2, 9, 9], &[2, 4, 4]);
        check(100, &[1.0, 1.0], &[3, 4], &[3, 4]);
        check(5, &[0.0, 1.0], &[9, 9], &[0, 5]);
    }
}
