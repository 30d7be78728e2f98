//! Live ranks: one changed answer moves one family in a tree of sums; nobody else is touched.

use crate::card::Scorecard;
use crate::cut::Unit;
use kernel::Decile;

/// People (or families) per score in a Fenwick tree: a change and a rank cost some 20 additions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveRank {
    low: i32,
    tree: Vec<i64>,
    total: i64,
    unit: Unit,
}

/// Where a family stands now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Its score in points.
    pub score: i32,
    /// Share of people (or families) ranked poorer; those with equal scores count half.
    pub rank: f64,
    /// Its decile by that rank: an estimate until the next edition.
    pub decile: Decile,
}

/// Most scores the tree tells apart.
const WIDEST: i64 = 1 << 20;

impl LiveRank {
    /// Builds the tree from scores in points and family sizes.
    #[must_use]
    pub fn new(scores: &[i32], size: &[u16], unit: Unit) -> Self {
        let low = scores.iter().copied().min().unwrap_or(0);
        let high = scores.iter().copied().max().unwrap_or(0);
        // Room on both sides for answers nobody has given yet.
        let margin = 20_000;
        let low = low.saturating_sub(margin);
        let width = (i64::from(high) + i64::from(margin) - i64::from(low) + 2).clamp(2, WIDEST);
        let mut tree = vec![0i64; width as usize];
        let mut live = Self { low, tree: Vec::new(), total: 0, unit };
        for (&score, &members) in scores.iter().zip(size) {
            let weight = live.weight(members);
            tree[live.cell_in(score, width as usize)] += weight;
            live.total += weight;
        }
        for i in 1..tree.len() {
            let parent = i + (i & i.wrapping_neg());
            if parent < tree.len() {
                tree[parent] += tree[i];
            }
        }
        live.tree = tree;
        live
    }

    fn weight(&self, members: u16) -> i64 {
        if self.unit == Unit::People { i64::from(members) } else { 1 }
    }

    /// Cell of a score: 1 and up.
    fn cell_in(&self, score: i32, width: usize) -> usize {
        (i64::from(score) - i64::from(self.low)).clamp(0, width as i64 - 2) as usize + 1
    }

    fn cell(&self, score: i32) -> usize {
        self.cell_in(score, self.tree.len())
    }

    fn add(&mut self, score: i32, weight: i64) {
        let mut i = self.cell(score);
        while i < self.tree.len() {
            self.tree[i] += weight;
            i += i & i.wrapping_neg();
        }
        self.total += weight;
    }

    /// Weight in cells up to `i`.
    fn up_to(&self, mut i: usize) -> i64 {
        let mut sum = 0;
        while i > 0 {
            sum += self.tree[i];
            i &= i - 1;
        }
        sum
    }

    /// A family joins.
    pub fn insert(&mut self, score: i32, members: u16) {
        self.add(score, self.weight(members));
    }

    /// A family leaves.
    pub fn remove(&mut self, score: i32, members: u16) {
        self.add(score, -self.weight(members));
    }

    /// A family's score changes; returns where it stands now.
    pub fn change(&mut self, old: i32, new: i32, members: u16) -> Place {
        self.remove(old, members);
        self.insert(new, members);
        self.place(new)
    }

    /// Where a score stands.
    #[must_use]
    pub fn place(&self, score: i32) -> Place {
        let cell = self.cell(score);
        let (below, with) = (self.up_to(cell - 1), self.up_to(cell));
        let rank = 0.5 * (below + with) as f64 / self.total.max(1) as f64;
        let tenth = (below * 10 / self.total.max(1)).clamp(0, 9) as u8 + 1;
        let decile = Decile::new(tenth).unwrap_or(FIRST);
        Place { score, rank, decile }
    }

    /// All people (or families) in the tree.
    #[must_use]
    pub const fn total(&self) -> i64 {
        self.total
    }

    /// The effect of one changed answer on a family: new score, rank and decile, without changing
    /// the tree. `old_points` and `new_points` are the variable's points before and after.
    #[must_use]
    pub fn with_answer(&self, score: i32, old_points: i32, new_points: i32) -> Place {
        self.place(score.saturating_sub(old_points).saturating_add(new_points))
    }
}

/// Decile 1.
const FIRST: Decile = match Decile::new(1) {
    Some(decile) => decile,
    None => unreachable!(),
};

impl Scorecard {
    /// The points a change of one answer adds to a family's score, pairs included.
    #[must_use]
    pub fn answer_change(
        &self,
        answer: impl Fn(&str) -> Option<f64> + Copy,
        name: &str,
        new: Option<f64>,
    ) -> i32 {
        let changed = |n: &str| if n == name { new } else { answer(n) };
        self.score_one(changed, None) - self.score_one(answer, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Chance;

    #[test]
    fn live_ranks_equal_ranks_counted_anew_after_every_change() {
        let mut chance = Chance::new(9);
        let n = 400;
        let mut scores: Vec<i32> = (0..n).map(|_| chance.below(300) as i32).collect();
        let size: Vec<u16> = (0..n).map(|_| 1 + chance.below(6) as u16).collect();
        let mut live = LiveRank::new(&scores, &size, Unit::People);
        for _ in 0..500 {
            let i = chance.below(n) as usize;
            let new = chance.below(400) as i32 - 50;
            let place = live.change(scores[i], new, size[i]);
            scores[i] = new;
            let total: i64 = size.iter().map(|&s| i64::from(s)).sum();
            let below: i64 =
                (0..n as usize).filter(|&j| scores[j] < new).map(|j| i64::from(size[j])).sum();
            assert_eq!(i64::from(place.decile.get()), (below * 10 / total).min(9) + 1);
            assert_eq!(live.total(), total);
        }
    }
}
