//! What follows from the values: who lives, where a family lives, who its head is, who is counted.

use crate::EditionError;
use crate::link::run::{CIVIL_DEAD, CIVIL_MOVED};
use crate::link::tables::People;
use crate::link::{MatchReason, NONE, tables::links_path};
use crate::records::NO_DATE;
use crate::stage::Inputs;
use crate::survive::Survived;
use crate::survive::data::Data;
use crate::survive::feed::Feed;
use engine::read_table;

/// Presence codes of Regsosek 404 that mean "does not live with the family".
const DECEASED: u8 = 2;
const MOVED: u8 = 3;
const ABROAD: u8 = 4;

/// Derived columns, of people first, then of families.
#[derive(Debug, Default)]
pub struct Derived {
    /// Birth date in days.
    pub birth: Vec<i32>,
    /// Whether the person lives.
    pub alive: Vec<bool>,
    /// Whether the person lives with the family (and so counts as a member).
    pub member: Vec<bool>,
    /// Presence code, 255 unknown.
    pub presence: Vec<u8>,
    /// Sources that know the person, a bit per source number.
    pub sources: Vec<u16>,
    /// Lowest match reason of the person's records (0 none).
    pub match_reason: Vec<u8>,
    /// Place in the family: head, spouse, children by age …
    pub rank_in_family: Vec<u32>,
    /// Head of each family, or [`NONE`].
    pub head: Vec<u32>,
    /// Living members of each family.
    pub members: Vec<u16>,
    /// Village of each family (0 unknown).
    pub village: Vec<u64>,
    /// Last visit of each family, in days.
    pub visited: Vec<i32>,
}

fn column<'a>(variables: &'a [Survived], name: &str) -> Option<&'a Data> {
    variables.iter().find_map(|v| v.column(name))
}

/// Derives everything.
///
/// # Errors
/// When a record table or its links are damaged.
pub fn derive(
    inputs: &Inputs<'_>,
    people: &People,
    families: usize,
    person: &[Survived],
    family: &[Survived],
    feeds: &[Feed],
) -> Result<Derived, EditionError> {
    let n = people.len();
    let mut d = Derived {
        birth: match column(person, "birth_date") {
            Some(Data::Day(days)) => days.clone(),
            _ => vec![NO_DATE; n],
        },
        presence: match column(person, "presence") {
            Some(Data::Small(codes)) => codes.clone(),
            _ => vec![u8::MAX; n],
        },
        alive: vec![true; n],
        sources: vec![0; n],
        match_reason: vec![0; n],
        ..Derived::default()
    };
    civil_status(inputs, feeds, &mut d)?;
    for (alive, presence) in d.alive.iter_mut().zip(&d.presence) {
        *alive &= *presence != DECEASED;
    }
    d.member = (0..n).map(|p| d.alive[p] && !matches!(d.presence[p], MOVED | ABROAD)).collect();
    who_knows(inputs, people, feeds, &mut d)?;
    d.rank_in_family = ranks(person, &d);
    heads(people, families, &mut d);
    d.village = villages(people, families, person, family, &d);
    d.visited = visits(inputs, families, feeds)?;
    Ok(d)
}

/// Deaths and moves that the civil register knows. (The latest row of a person decides.)
fn civil_status(inputs: &Inputs<'_>, feeds: &[Feed], d: &mut Derived) -> Result<(), EditionError> {
    for feed in feeds {
        if !inputs.rules.table(&feed.table.name).spine || !feed.table.has("civil_status") {
            continue;
        }
        let status = feed.table.read(&["civil_status"])?.whole("civil_status", 0)?;
        for (person, status) in feed.person.iter().zip(status).filter(|(p, _)| **p != NONE) {
            let p = *person as usize;
            match status {
                CIVIL_DEAD => d.alive[p] = false,
                // The register's move is as final as a visit's word.
                CIVIL_MOVED if d.presence[p] != DECEASED => d.presence[p] = MOVED,
                _ => {}
            }
        }
    }
    Ok(())
}

/// Which sources know a person, and what is odd about their records.
fn who_knows(
    inputs: &Inputs<'_>,
    people: &People,
    feeds: &[Feed],
    d: &mut Derived,
) -> Result<(), EditionError> {
    for feed in feeds {
        let bit = 1u16 << feed.table.number.min(15);
        let t = read_table(&links_path(inputs.links, &feed.table), &["reason"])?;
        let reasons = t.u8s("reason", 0)?;
        for (person, reason) in feed.person.iter().zip(reasons).filter(|(p, _)| **p != NONE) {
            let p = *person as usize;
            d.sources[p] |= bit;
            let held = &mut d.match_reason[p];
            if reason != 0 && (*held == 0 || reason < *held) {
                *held = reason;
            }
        }
    }
    for p in 0..people.len() {
        if people.second_identity[p] {
            d.match_reason[p] = MatchReason::SecondIdentity as u8;
        }
    }
    Ok(())
}

/// Place within the family: living before dead, then relation to the head, then age.
fn ranks(person: &[Survived], d: &Derived) -> Vec<u32> {
    let relation = column(person, "relation");
    (0..d.birth.len())
        .map(|p| {
            let relation = relation.and_then(|c| c.number(p)).map_or(9, |r| r.clamp(0, 15) as u32);
            // Days since 1860 fit 16 bits until 2039.
            let born = match d.birth[p] {
                NO_DATE => 0xFFFF,
                day => day.saturating_add(40_176).clamp(0, 0xFFFF) as u32,
            };
            u32::from(!d.member[p]) << 20 | relation << 16 | born
        })
        .collect()
}

fn heads(people: &People, families: usize, d: &mut Derived) {
    d.head = vec![NONE; families];
    d.members = vec![0; families];
    for (p, family) in people.family.iter().enumerate() {
        let f = *family as usize;
        if !d.member[p] {
            continue;
        }
        d.members[f] = d.members[f].saturating_add(1);
        let head = d.head[f];
        if head == NONE || d.rank_in_family[p] < d.rank_in_family[head as usize] {
            d.head[f] = p as u32;
        }
    }
}

/// Where the family lives; failing that, where its head (or anybody) is registered.
fn villages(
    people: &People,
    families: usize,
    person: &[Survived],
    family: &[Survived],
    d: &Derived,
) -> Vec<u64> {
    let registered = match column(person, "village") {
        Some(Data::Village(codes)) => codes.as_slice(),
        _ => &[],
    };
    let mut out = match column(family, "village") {
        Some(Data::Village(codes)) => codes.clone(),
        _ => vec![0; families],
    };
    for (f, village) in out.iter_mut().enumerate() {
        if *village == 0 && d.head[f] != NONE {
            *village = registered.get(d.head[f] as usize).copied().unwrap_or(0);
        }
    }
    for (p, family) in people.family.iter().enumerate() {
        let village = &mut out[*family as usize];
        if *village == 0 {
            *village = registered.get(p).copied().unwrap_or(0);
        }
    }
    out
}

/// The last day a visiting source wrote down the family's house.
fn visits(inputs: &Inputs<'_>, families: usize, feeds: &[Feed]) -> Result<Vec<i32>, EditionError> {
    let mut visited = vec![NO_DATE; families];
    for feed in feeds {
        let house = ["floor_material", "drinking_water", "tenure"];
        let house: Vec<&str> = house.into_iter().filter(|c| feed.table.has(c)).collect();
        if !inputs.rules.table(&feed.table.name).visits || house.is_empty() {
            continue;
        }
        let t = feed.table.read(&house)?;
        let answers = house.iter().map(|c| t.whole(c, u64::MAX)).collect::<Result<Vec<_>, _>>()?;
        for (row, family) in feed.family.iter().enumerate() {
            let answered = answers.iter().any(|column| column[row] != u64::MAX);
            if *family != NONE && answered {
                let held = &mut visited[*family as usize];
                *held = (*held).max(feed.observed[row]);
            }
        }
    }
    Ok(visited)
}
