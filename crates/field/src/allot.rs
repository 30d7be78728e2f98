//! Who visits whom: families in the order of the road, cut into portions of one village after the
//! other, each given to an assistant of that place.

use access::Territory;
use kernel::{FamilyId, Region};

/// A family to be visited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The family.
    pub family: FamilyId,
    /// Its village.
    pub village: Region,
    /// Hamlet, RW, RT: the order of the road within the village.
    pub road: String,
}

/// Somebody who visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assistant {
    /// The account.
    pub account: u64,
    /// Where they work.
    pub territory: Territory,
    /// Their own family, which they do not visit.
    pub family: Option<FamilyId>,
}

/// A stop with its assistant and place in the day's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allotted {
    /// The stop.
    pub stop: Stop,
    /// Who; none when nobody works there or all are full.
    pub account: Option<u64>,
    /// Its place on the road of that assistant, from 1.
    pub place: u32,
}

/// Gives out the stops, `per` to one assistant at most. Deterministic: by village code and road,
/// the assistant with the least work first, then by account.
#[must_use]
pub fn allot(mut stops: Vec<Stop>, assistants: &[Assistant], per: u32) -> Vec<Allotted> {
    stops.sort_by(|a, b| {
        (a.village.number(), &a.road, a.family).cmp(&(b.village.number(), &b.road, b.family))
    });
    let mut load: Vec<u32> = vec![0; assistants.len()];
    let mut out = Vec::with_capacity(stops.len());
    let mut now: Option<(Region, usize)> = None;
    for stop in stops {
        let fits = |at: usize, load: &[u32]| {
            assistants[at].territory.covers(Some(stop.village))
                && assistants[at].family != Some(stop.family)
                && load[at] < per
        };
        // Stay with the same assistant while the village lasts and there is room.
        let chosen = now
            .filter(|(village, at)| *village == stop.village && fits(*at, &load))
            .map(|(_, at)| at)
            .or_else(|| {
                let free = (0..assistants.len()).filter(|at| fits(*at, &load));
                free.min_by_key(|at| (load[*at], assistants[*at].account))
            });
        now = chosen.map(|at| (stop.village, at)).or(now);
        let place = chosen.map_or(0, |at| {
            load[at] += 1;
            load[at]
        });
        out.push(Allotted { stop, account: chosen.map(|at| assistants[at].account), place });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn stop(family: u64, village: u64, road: &str) -> Stop {
        Stop {
            family: FamilyId::new(family),
            village: Region::from_number(village).unwrap(),
            road: road.to_owned(),
        }
    }

    fn at(account: u64, region: u64) -> Assistant {
        let territory = Territory::In(Region::from_number(region).unwrap());
        Assistant { account, territory, family: None }
    }

    #[test]
    fn portions_are_whole_villages_in_the_order_of_the_road() {
        let stops: Vec<Stop> = (0..120)
            .map(|n| stop(n, 5_202_012_001 + n % 2, &format!("dusun {:02}", n % 7)))
            .collect();
        let given = allot(stops, &[at(3, 520_201), at(2, 520_201), at(9, 5203)], 50);
        let mut load: BTreeMap<Option<u64>, u32> = BTreeMap::new();
        for one in &given {
            *load.entry(one.account).or_default() += 1;
        }
        assert_eq!(load, BTreeMap::from([(None, 20), (Some(2), 50), (Some(3), 50)]));
        let of_two: Vec<&Allotted> = given.iter().filter(|g| g.account == Some(2)).collect();
        assert!(of_two.is_sorted_by_key(|g| g.place));
        assert!(of_two.iter().all(|g| g.stop.village == of_two[0].stop.village));
        assert!(of_two.is_sorted_by_key(|g| g.stop.road.clone()));
    }

    #[test]
    fn nobody_visits_their_own_family() {
        let own = Assistant { family: Some(FamilyId::new(1)), ..at(2, 520_201) };
        let given = allot(vec![stop(1, 5_202_012_001, "")], &[own], 50);
        assert_eq!(given[0].account, None);
    }
}
