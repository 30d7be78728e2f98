//! What is true: persons, families and their houses.

use crate::schooling::Plan;
use kernel::{Date, Sex};

/// Whether a person lives in the province.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Alive and here.
    Living,
    /// Died on the day; `reported` to the civil register or not.
    Dead { on: Date, reported: bool },
    /// Moved out of the province on the day.
    Gone { on: Date },
}

/// Work last week, instrument codes (0 = not asked).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Work {
    pub worked: u8,
    pub sector: u8,
    pub status: u8,
}

/// A business, instrument codes (0 = not asked; only `owned` when it is 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Business {
    pub owned: u8,
    pub count: u8,
    pub sector: u8,
    pub paid: u16,
    pub unpaid: u8,
    pub turnover: u8,
}

/// One person.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// `truth_person`.
    pub id: u64,
    pub name: String,
    pub mother: String,
    pub sex: Sex,
    pub born: Date,
    pub nik: u64,
    /// A second identity in the civil register; 0 none.
    pub second_nik: u64,
    pub relation: u8,
    pub marital: u8,
    /// Place of birth: regency number (5201 …), or an index of far places (0 …).
    pub birth_place: u16,
    pub plan: Plan,
    pub work: Work,
    pub business: Business,
    /// Seeing, hearing, walking, hands, learning, behaviour, communicating, self-care, remembering.
    pub difficulty: [u8; 9],
    pub sadness: u8,
    pub chronic: u8,
    pub nutrition: u8,
    pub state: State,
    /// Its mother's place among the family's people, when she is of the family.
    pub mother_at: Option<u8>,
    /// Came into the family by an event of a later quarter.
    pub joined: Option<Date>,
}

impl Person {
    pub(crate) fn lives(&self) -> bool {
        self.state == State::Living
    }
}

/// A house and what stands in it, instrument codes (0 = not asked).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct House {
    pub families: u8,
    pub tenure: u8,
    pub area: u16,
    pub floor: u8,
    pub wall: u8,
    pub roof: u8,
    pub water: u8,
    pub lighting: u8,
    pub power: u8,
    pub fuel: u8,
    pub toilet: u8,
    pub closet: u8,
    pub sewage: u8,
    /// 1 yes, 2 no, in the instrument's order.
    pub assets: [u8; 16],
    pub livestock: [u16; 5],
}

/// One family: a family card nucleus.
#[derive(Debug, Clone)]
pub(crate) struct Family {
    /// `truth_family`.
    pub id: u64,
    pub kk: u64,
    /// The card older sources know: of the parents (split), of a dead head, before a move.
    /// 0 none.
    pub kk_before: u64,
    /// Since when the present card and village hold (sources that looked earlier saw the former).
    pub card_since: Date,
    /// Regsosek 115: 0 card agrees, 1 parent family, 2 split-off family.
    pub card_status: u8,
    /// Position in the frame's villages.
    pub village: usize,
    /// Where older sources saw it (moved since).
    pub village_before: Option<usize>,
    /// Where its card says it lives, when that differs.
    pub village_card: Option<usize>,
    pub street: u8,
    pub house_number: u16,
    pub hamlet: u8,
    pub rt: u8,
    pub rw: u8,
    /// Head first; then by relation and age; the dead and gone last.
    pub people: Vec<Person>,
    /// Log of monthly consumption per person, rupiah.
    pub log_consumption: f64,
    /// Standing among families of its area before regency and scale (the pilot's business).
    pub standing: f64,
    /// Permanent wealth behind house and assets (standard normal over families).
    pub wealth: f64,
    pub house: House,
    /// The house as it was some years ago (what a stale record says).
    pub house_before: House,
    /// PLN customer number; 0 none of its own.
    pub idpel: u64,
    /// Score of the pilot's proxy means test: what an administration believes.
    pub score: f64,
    /// National decile by that score: 1 to 10.
    pub decile_seen: u8,
    /// National decile by true consumption: 1 to 10.
    pub decile_true: u8,
    pub urban: bool,
    /// Its naming customs.
    pub group: crate::names::Group,
    /// Day of the last change by an event of a later quarter.
    pub changed: Option<Date>,
}

impl Family {
    /// Living members.
    pub(crate) fn size(&self) -> usize {
        self.people.iter().filter(|p| p.lives()).count()
    }

    pub(crate) fn living(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(|p| p.lives())
    }

    /// The head: always the first, always living.
    pub(crate) fn head(&self) -> &Person {
        &self.people[0]
    }
}
