//! A family whose members match lifts a doubtful one: the card that an agency wrote down years ago
//! leads to where its members, linked by their NIK, are today. Scoring then sees the present card.

use engine::sort::runs;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// Old card → the register's present card of most of its members.
#[derive(Debug, Default)]
pub struct PresentCards(FxHashMap<u64, u64>);

impl PresentCards {
    /// Learns from `(card written down, present card)` of linked records. A card that the register
    /// holds still is never led elsewhere, and one whose members went apart leads nowhere: more than
    /// half of them must agree.
    #[must_use]
    pub fn learn(mut seen: Vec<(u64, u64)>, held: &FxHashSet<u64>) -> Self {
        seen.retain(|(old, now)| *old != 0 && *now != 0 && !held.contains(old));
        seen.par_sort_unstable();
        let mut cards = FxHashMap::default();
        for run in runs(&seen, |pair| pair.0) {
            let votes = &seen[run];
            let best = runs(votes, |pair| pair.1).max_by_key(|run| run.len());
            if let Some(best) = best.filter(|best| best.len() * 2 > votes.len()) {
                cards.insert(votes[0].0, votes[best.start].1);
            }
        }
        Self(cards)
    }

    /// The present card, or the same.
    #[must_use]
    pub fn of(&self, card: u64) -> u64 {
        self.0.get(&card).copied().unwrap_or(card)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_members_lead_and_a_card_in_force_stays() {
        let held: FxHashSet<u64> = [10, 20, 30].into_iter().collect();
        let seen =
            vec![(99, 10), (99, 20), (99, 10), (98, 10), (98, 20), (10, 20), (97, 30), (96, 0)];
        let cards = PresentCards::learn(seen, &held);
        assert_eq!([99, 98, 10, 97, 96, 0].map(|card| cards.of(card)), [10, 98, 10, 30, 96, 0]);
    }
}
