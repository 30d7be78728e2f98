//! What a change of a programme's cut, quota, budget or hysteresis does, from the cells that the
//! edition laid ready (`simulation_cell`): seats are filled again in the order of need, as
//! `targeting::run` fills them, to a five-hundredth of the population.
//!
//! ```text
//! cells ─order by need─▶ groups (one, or one per regency) ─seats─▶ chosen per cell ─law vs scenario─▶ Effect
//! ```
//!
//! Within a cell both lists take the same first units, so what enters and leaves is the difference.

use kernel::apportion;
use serde::Deserialize;
use std::collections::BTreeMap;
use store::{Query, Reader, StoreError, params};

/// Steps of the order of need over the whole population (as `targeting` lays them).
const STEPS_PER_POINT: f64 = 5.0;

/// What the law says, as the edition has it.
#[derive(Debug, Clone, Deserialize)]
pub struct Law {
    /// `person` or `family`.
    pub unit: String,
    /// The highest decile.
    pub cut: u8,
    /// Seats in all; none: everyone eligible.
    pub seats: Option<u64>,
    /// True when the seats are those of the roll.
    pub seats_of_roll: bool,
    /// `all`, or `regency`.
    pub level: String,
    /// Weights of the regencies where a poverty map divides the seats.
    pub weights: BTreeMap<u64, f64>,
    /// Rank points of hysteresis.
    pub hysteresis: f64,
    /// Units on the roll now.
    pub listed: u64,
}

/// Units at one place in the order of need.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// Regency.
    pub region: u64,
    /// Class and priority: lower goes first.
    pub priority: u64,
    /// Decile.
    pub decile: u8,
    /// Step of need, 0 to 499.
    pub step: i64,
    /// On the roll.
    pub listed: bool,
    /// Units.
    pub units: u64,
    /// By family size: 1–2, 3–4, 5–6, 7 and more; then women (at the head), then 60 and over.
    pub groups: [u64; 6],
    /// Rupiah a year for all.
    pub amount_year: i64,
    /// Units expected truly within the law's cut.
    pub within: f64,
}

/// How seats are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// One list for the whole province.
    All,
    /// By the poverty map's weights.
    Map,
    /// By the people within the cut.
    Eligible,
}

/// A scenario.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ask {
    /// The highest decile.
    pub cut: u8,
    /// Seats; none: everyone eligible.
    pub seats: Option<u64>,
    /// Rupiah a year that may not be passed.
    pub budget: Option<i64>,
    /// Rank points of hysteresis.
    pub hysteresis: f64,
    /// How seats are divided among regencies.
    pub split: Split,
}

/// A programme's cells in an edition.
#[derive(Debug, Clone)]
pub struct Programme {
    /// What the law says.
    pub law: Law,
    /// The cells.
    pub cells: Vec<Cell>,
}

/// One side of a comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Side {
    /// Units on the list.
    pub units: f64,
    /// Of those, expected truly within the law's cut.
    pub within: f64,
    /// Rupiah a year.
    pub cost: f64,
    /// Of those, on the roll now.
    pub on_roll: f64,
}

/// Units of a region or group under the law and under the scenario.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Flow {
    /// Under the law.
    pub before: Side,
    /// Under the scenario.
    pub after: Side,
    /// Only under the scenario.
    pub enters: f64,
    /// Only under the law.
    pub leaves: f64,
    /// Expected truly within the law's cut, on a list or not.
    pub within: f64,
}

impl Flow {
    /// Of those truly within the law's cut (who meet the other rules), the share not on the list.
    #[must_use]
    pub fn undercoverage(&self, side: &Side) -> f64 {
        if self.within > 0.0 { (1.0 - side.within / self.within).max(0.0) } else { 0.0 }
    }
}

impl Side {
    /// Of the list, the share that is truly above the law's cut.
    #[must_use]
    pub fn leakage(&self) -> f64 {
        if self.units > 0.0 { (1.0 - self.within / self.units).max(0.0) } else { 0.0 }
    }
}

/// What a scenario does against the law.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Effect {
    /// All together.
    pub total: Flow,
    /// By regency.
    pub regions: BTreeMap<u64, Flow>,
    /// By decile.
    pub deciles: BTreeMap<u8, Flow>,
    /// By family size (four), women, 60 and over: enters and leaves only.
    pub groups: [(f64, f64); 6],
    /// Seats that were given in the scenario.
    pub seats: u64,
}

impl Programme {
    /// Reads the cells of a programme from an edition that has them.
    ///
    /// # Errors
    /// When the edition cannot be read.
    pub fn load(reader: &mut Reader<'_>, id: &str, law: Law) -> Result<Self, StoreError> {
        let sql = "SELECT region, priority, decile, step, listed, units, size_1_2, size_3_4,
                 size_5_6, size_7_up, women, old, amount_year, within_thousandths
             FROM simulation_cell WHERE programme = $1
             ORDER BY region, priority, decile, step, listed";
        let mut cells = Vec::new();
        for row in reader.query(sql, params![id])? {
            let within: u64 = row.at(13)?;
            let mut groups = [0; 6];
            for (at, slot) in groups.iter_mut().enumerate() {
                *slot = row.at(6 + at)?;
            }
            cells.push(Cell {
                region: row.at(0)?,
                priority: row.at(1)?,
                decile: row.at::<u64>(2)? as u8,
                step: row.at(3)?,
                listed: row.at::<u64>(4)? == 1,
                units: row.at(5)?,
                groups,
                amount_year: row.at(12)?,
                within: within as f64 / 1_000.0,
            });
        }
        Ok(Self { law, cells })
    }

    /// The scenario that is the law.
    #[must_use]
    pub fn as_law(&self) -> Ask {
        Ask {
            cut: self.law.cut,
            seats: self.law.seats,
            budget: None,
            hysteresis: self.law.hysteresis,
            split: match (self.law.level.as_str(), self.law.weights.is_empty()) {
                ("all", _) => Split::All,
                (_, true) => Split::Eligible,
                (_, false) => Split::Map,
            },
        }
    }

    /// Plays a scenario and compares it with the law.
    #[must_use]
    pub fn play(&self, ask: &Ask) -> Effect {
        let law = self.fill(&self.as_law());
        let chosen = self.fill(ask);
        self.compare(&law, &chosen)
    }

    /// Units chosen in every cell.
    fn fill(&self, ask: &Ask) -> Vec<u64> {
        let queue = self.queue(ask);
        let everyone: u64 = queue.iter().map(|&at| self.cells[at].units).sum();
        let seats = ask.seats.unwrap_or(everyone).min(everyone);
        let chosen = self.seat(&queue, ask, seats);
        let Some(budget) = ask.budget else { return chosen };
        if self.cost(&chosen) <= budget as f64 {
            return chosen;
        }
        // Cost rises with the seats: the most that the budget pays, by halving.
        let (mut fits, mut fails) = (0, seats);
        while fails - fits > 1 {
            let middle = fits.midpoint(fails);
            if self.cost(&self.seat(&queue, ask, middle)) <= budget as f64 {
                fits = middle;
            } else {
                fails = middle;
            }
        }
        self.seat(&queue, ask, fits)
    }

    fn cost(&self, chosen: &[u64]) -> f64 {
        self.cells.iter().zip(chosen).map(|(cell, &n)| cell.cost(n)).sum()
    }

    /// Eligible cells by quota region and order of need.
    fn queue(&self, ask: &Ask) -> Vec<usize> {
        let edge = f64::from(ask.cut) * 10.0 + ask.hysteresis;
        let eligible = |cell: &Cell| {
            cell.decile <= ask.cut || (cell.listed && cell.step as f64 / STEPS_PER_POINT < edge)
        };
        let mut queue: Vec<usize> =
            (0..self.cells.len()).filter(|&at| eligible(&self.cells[at])).collect();
        queue.sort_by_key(|&at| (self.stratum(at, ask), self.place(at, ask), at));
        queue
    }

    fn stratum(&self, at: usize, ask: &Ask) -> u64 {
        if ask.split == Split::All { 0 } else { self.cells[at].region }
    }

    /// Where a cell stands in its queue: who is on the roll counts as poorer by the hysteresis.
    fn place(&self, at: usize, ask: &Ask) -> (u64, i64) {
        let cell = &self.cells[at];
        let margin =
            if cell.listed { (ask.hysteresis * STEPS_PER_POINT).round() as i64 } else { 0 };
        (cell.priority, cell.step - margin)
    }

    /// Divides `seats` among the regions of the queue, and fills each in its order.
    fn seat(&self, queue: &[usize], ask: &Ask, seats: u64) -> Vec<u64> {
        let mut chosen = vec![0; self.cells.len()];
        let strata: Vec<&[usize]> =
            queue.chunk_by(|&a, &b| self.stratum(a, ask) == self.stratum(b, ask)).collect();
        let caps: Vec<u64> =
            strata.iter().map(|s| s.iter().map(|&at| self.cells[at].units).sum()).collect();
        let weights: Vec<f64> = match ask.split {
            Split::Map => strata
                .iter()
                .map(|s| self.law.weights.get(&self.cells[s[0]].region).copied().unwrap_or(0.0))
                .collect(),
            _ => caps.iter().map(|&cap| cap as f64).collect(),
        };
        for (stratum, seats) in strata.iter().zip(apportion(seats, &weights, &caps)) {
            self.seat_one(stratum, ask, seats, &mut chosen);
        }
        chosen
    }

    fn seat_one(&self, stratum: &[usize], ask: &Ask, seats: u64, chosen: &mut [u64]) {
        let mut left = seats;
        for equals in stratum.chunk_by(|&a, &b| self.place(a, ask) == self.place(b, ask)) {
            if left == 0 {
                return;
            }
            let units: Vec<u64> = equals.iter().map(|&at| self.cells[at].units).collect();
            let all: u64 = units.iter().sum();
            // Equals share what is left in proportion.
            let weights: Vec<f64> = units.iter().map(|&n| n as f64).collect();
            let given = if all <= left { units.clone() } else { apportion(left, &weights, &units) };
            for (&at, n) in equals.iter().zip(given) {
                chosen[at] = n;
                left -= n;
            }
        }
    }

    fn compare(&self, law: &[u64], chosen: &[u64]) -> Effect {
        let mut effect = Effect { seats: chosen.iter().sum(), ..Effect::default() };
        for ((cell, &before), &after) in self.cells.iter().zip(law).zip(chosen) {
            effect.total.add(cell, before, after);
            effect.regions.entry(cell.region).or_default().add(cell, before, after);
            effect.deciles.entry(cell.decile).or_default().add(cell, before, after);
            let (enters, leaves) = (after.saturating_sub(before), before.saturating_sub(after));
            for (slot, &n) in effect.groups.iter_mut().zip(&cell.groups) {
                let share = n as f64 / cell.units.max(1) as f64;
                slot.0 += share * enters as f64;
                slot.1 += share * leaves as f64;
            }
        }
        effect
    }
}

impl Cell {
    fn cost(&self, chosen: u64) -> f64 {
        self.amount_year as f64 * chosen as f64 / self.units.max(1) as f64
    }
}

impl Flow {
    fn add(&mut self, cell: &Cell, before: u64, after: u64) {
        self.within += cell.within;
        self.enters += after.saturating_sub(before) as f64;
        self.leaves += before.saturating_sub(after) as f64;
        for (side, n) in [(&mut self.before, before), (&mut self.after, after)] {
            side.units += n as f64;
            side.within += cell.within * n as f64 / cell.units.max(1) as f64;
            side.cost += cell.cost(n);
            side.on_roll += if cell.listed { n as f64 } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two regencies, deciles 1 to 10, ten units per step of the middle of each decile.
    fn programme(level: &str, weights: &[(u64, f64)]) -> Programme {
        let mut cells = Vec::new();
        for region in [5201, 5202] {
            for decile in 1..=10u8 {
                for listed in [false, true] {
                    cells.push(Cell {
                        region,
                        decile,
                        step: i64::from(decile) * 50 - 25,
                        listed,
                        units: 10,
                        groups: [10, 0, 0, 0, 5, 2],
                        amount_year: 1_000,
                        within: if decile <= 5 { 8.0 } else { 2.0 },
                        ..Cell::default()
                    });
                }
            }
        }
        let law = Law {
            unit: "person".into(),
            cut: 5,
            seats: Some(100),
            seats_of_roll: false,
            level: level.into(),
            weights: weights.iter().copied().collect(),
            hysteresis: 0.0,
            listed: 200,
        };
        Programme { law, cells }
    }

    #[test]
    fn the_law_against_itself_moves_nobody() {
        for (level, weights) in
            [("all", &[][..]), ("regency", &[]), ("regency", &[(5201, 3.0), (5202, 1.0)])]
        {
            let p = programme(level, weights);
            let effect = p.play(&p.as_law());
            assert_eq!((effect.total.enters, effect.total.leaves), (0.0, 0.0), "{level}");
            assert_eq!(effect.seats, 100, "{level}");
        }
    }

    #[test]
    fn a_lower_cut_takes_the_places_of_the_less_needy() {
        let p = programme("all", &[]);
        let effect = p.play(&Ask { cut: 2, ..p.as_law() });
        // Deciles 1 and 2 hold 80 units: the seats cannot all be filled.
        assert_eq!(effect.seats, 80);
        assert_eq!((effect.total.enters, effect.total.leaves), (0.0, 20.0));
        assert_eq!(effect.deciles[&3].leaves, 20.0);
        assert_eq!(effect.total.after.cost, 8_000.0);
        assert!((effect.total.undercoverage(&effect.total.after) - 0.68).abs() < 1e-9);
        assert!((effect.total.after.leakage() - 0.2).abs() < 1e-9);
    }

    #[test]
    fn seats_follow_the_map_and_the_budget_binds() {
        let p = programme("regency", &[(5201, 3.0), (5202, 1.0)]);
        let law = p.play(&p.as_law());
        assert_eq!(law.regions[&5201].after.units, 75.0);
        assert_eq!(law.regions[&5202].after.units, 25.0);
        let poor = p.play(&Ask { budget: Some(5_950), ..p.as_law() });
        assert_eq!(poor.seats, 59, "the most that 5,950 rupiah pay at 100 each");
        let one = p.play(&Ask { split: Split::All, ..p.as_law() });
        assert_eq!(one.regions[&5202].after.units, 50.0);
    }

    #[test]
    fn hysteresis_keeps_those_on_the_roll_near_the_cut() {
        let p = programme("all", &[]);
        let everyone = Ask { seats: None, ..p.as_law() };
        let without = p.play(&everyone);
        assert_eq!(without.deciles[&6].after.units, 0.0);
        let with = p.play(&Ask { hysteresis: 6.0, ..everyone });
        // The middle of decile 6 lies five points above the cut: only those on the roll stay.
        assert_eq!(with.deciles[&6].after.units, 20.0);
        assert_eq!(with.deciles[&7].after.units, 0.0);
    }
}
