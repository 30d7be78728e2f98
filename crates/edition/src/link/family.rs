//! Families: who belongs to which, and which family a record of a house speaks of.
//!
//! A family is a card number (KK) of the civil register. Records carry old cards too: an old card
//! leads to the family most of its people belong to now. That is how splits and merges are read.

use crate::link::NONE;
use engine::sort::{runs, sort_pairs};
use rustc_hash::FxHashMap;

/// Families by card number, present and old.
#[derive(Debug, Default)]
pub struct Families {
    /// Card number per family, 0 when it has none.
    pub kk: Vec<u64>,
    by_kk: FxHashMap<u64, u32>,
    by_old_kk: FxHashMap<u64, u32>,
}

impl Families {
    /// Makes families of people: `kk[p]` is the card of person `p` in the register (0: a family of
    /// its own). Returns the families and the family of each person. Numbered by first person.
    #[must_use]
    pub fn of_people(kk: &[u64]) -> (Self, Vec<u32>) {
        let mut families = Self::default();
        let of_person = kk.iter().map(|kk| families.with_card(*kk)).collect();
        (families, of_person)
    }

    /// The family of a card, made when it is new. Card 0 is always a new family.
    pub fn with_card(&mut self, kk: u64) -> u32 {
        let next = self.kk.len() as u32;
        if kk == 0 {
            self.kk.push(0);
            return next;
        }
        let family = *self.by_kk.entry(kk).or_insert(next);
        if family == next {
            self.kk.push(kk);
        }
        family
    }

    /// Learns old cards from (card of a record, family its person belongs to now): an old card
    /// leads to the family that most of its records lead to, the lower number on a tie.
    pub fn learn_old_cards(&mut self, mut seen: Vec<(u64, u32)>) {
        seen.retain(|(kk, family)| *kk != 0 && *family != NONE && !self.by_kk.contains_key(kk));
        // Sorting by family first and stably by card then groups equal families within a card.
        seen.sort_unstable_by_key(|(_, family)| *family);
        sort_pairs(&mut seen);
        for card in runs(&seen, |s| s.0) {
            let votes = &seen[card];
            let best = runs(votes, |s| s.1)
                .max_by(|a, b| a.len().cmp(&b.len()).then(b.start.cmp(&a.start)));
            if let Some(best) = best {
                self.by_old_kk.insert(votes[0].0, votes[best.start].1);
            }
        }
    }

    /// The family a card leads to, or [`NONE`].
    #[must_use]
    pub fn of_card(&self, kk: u64) -> u32 {
        match kk {
            0 => NONE,
            kk => self.by_kk.get(&kk).or_else(|| self.by_old_kk.get(&kk)).copied().unwrap_or(NONE),
        }
    }

    /// The number of families.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kk.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kk.is_empty()
    }
}

/// How a family-level record finds its family; the order of trying is the source's own
/// (`config/<country>/survivorship.toml`, `family_by`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The electricity customer number, as other sources wrote it down at the house.
    PlnCustomer,
    /// The person the record names, if alive.
    Head,
    /// The card number, present or old.
    Card,
    /// The person the record names, dead or alive.
    AnyHead,
}

/// Electricity customer → family. A customer that several families share leads to none of them
/// by itself.
#[derive(Debug, Default)]
pub struct Customers(FxHashMap<u64, u32>);

impl Customers {
    /// Notes that `family` gave this customer number (as a text key).
    pub fn note(&mut self, customer: u64, family: u32) {
        let held = self.0.entry(customer).or_insert(family);
        if *held != family {
            *held = NONE;
        }
    }

    /// The only family with this customer number, or [`NONE`].
    #[must_use]
    pub fn family(&self, customer: u64) -> u32 {
        self.0.get(&customer).copied().unwrap_or(NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_card_leads_to_where_most_of_its_people_are() {
        let (mut families, of_person) = Families::of_people(&[10, 10, 20, 0, 20]);
        assert_eq!(of_person, [0, 0, 1, 2, 1]);
        families.learn_old_cards(vec![(99, 1), (99, 0), (99, 1), (10, 1), (98, 2), (98, 0)]);
        assert_eq!(families.of_card(99), 1);
        assert_eq!(families.of_card(10), 0, "a present card is never overruled");
        assert_eq!(families.of_card(98), 0, "a tie goes to the lower number");
        assert_eq!(families.of_card(97), NONE);
        assert_eq!(families.of_card(0), NONE);
    }

    #[test]
    fn a_shared_meter_names_nobody() {
        let mut customers = Customers::default();
        customers.note(1, 4);
        customers.note(1, 4);
        customers.note(2, 4);
        customers.note(2, 5);
        assert_eq!(
            (customers.family(1), customers.family(2), customers.family(3)),
            (4, NONE, NONE)
        );
    }
}
