//! The link step over all record tables.

use crate::EditionError;
use crate::config::Survivorship;
use crate::link::agree::Agreement;
use crate::link::cards::PresentCards;
use crate::link::family::{By, Customers, Families};
use crate::link::orphans::{Orphan, group};
use crate::link::place::{Heads, Places};
use crate::link::rest::Thresholds;
use crate::link::spine::{Spine, text_key};
use crate::link::tables::{People, write_links, write_reviews};
use crate::link::{Links, MatchReason, Matcher, Method, NONE, Review, exact};
use crate::records::{Identity, NO_DATE, RecordTable};
use engine::Progress;
use instrument::Unit;
use serde::Serialize;
use std::path::Path;

/// What the link step reads.
pub struct Inputs<'a> {
    /// All record tables, by source number.
    pub tables: &'a [RecordTable],
    /// What each is.
    pub rules: &'a Survivorship,
    /// Scores what no NIK decides.
    pub matcher: &'a dyn Matcher,
    /// When a scored pair is a link.
    pub thresholds: Thresholds,
    /// Where to show progress.
    pub progress: &'a Progress,
}

/// Counts of the link step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, serde::Deserialize)]
pub struct LinkReport {
    /// Rows of the register.
    pub spine_rows: u64,
    /// People of the register.
    pub spine_people: u64,
    /// People who stand in it twice.
    pub second_identities: u64,
    /// Rows whose NIK another person holds.
    pub reused_niks: u64,
    /// Records, the register's own included.
    pub records: u64,
    /// Records without a person.
    pub unlinked: u64,
    /// Records that went to scoring.
    pub to_score: u64,
    /// Records linked by score.
    pub scored: u64,
    /// Pairs for a person to look at.
    pub reviews: u64,
    /// People outside the register.
    pub outside_people: u64,
    /// Families.
    pub families: u64,
}

/// `civil_status` of the register: died.
pub const CIVIL_DEAD: u64 = 2;
/// `civil_status` of the register: moved out of the province.
pub const CIVIL_MOVED: u64 = 3;

/// A record that no NIK decided.
#[derive(Clone, Copy)]
struct Left {
    table: u16,
    row: u32,
}

struct State {
    links: Vec<Links>,
    kks: Vec<Vec<u64>>,
    left: Vec<Left>,
    left_identity: Identity,
}

/// Runs the link step and writes its tables into `out`.
///
/// # Errors
/// When a record table is not one, the matcher fails, or the disk refuses.
pub fn run(inputs: &Inputs<'_>, out: &Path) -> Result<LinkReport, EditionError> {
    let total: usize = inputs.tables.iter().map(|t| t.rows).sum();
    inputs.progress.expect(total as u64, "records");
    let spine_table =
        inputs.tables.iter().position(|t| inputs.rules.table(&t.name).spine).ok_or_else(|| {
            EditionError::Input("no delivery of the civil register: the spec needs one".into())
        })?;
    let spine = Spine::new(Identity::read(&inputs.tables[spine_table])?);
    inputs.progress.add(inputs.tables[spine_table].rows as u64);
    let mut report = LinkReport {
        spine_rows: spine.identity.len() as u64,
        spine_people: spine.len() as u64,
        second_identities: spine.second_identities,
        reused_niks: spine.reused_niks,
        records: total as u64,
        ..LinkReport::default()
    };
    let mut state = by_nik(inputs, spine_table, &spine)?;
    report.to_score = state.left.len() as u64;
    let reviews = score(inputs, &spine, &mut state, &mut report)?;
    let (mut families, mut people) = families_of(&spine, spine_table, &state);
    outside(inputs, &mut state, &mut families, &mut people);
    report.outside_people = (people.len() - spine.len()) as u64;
    let alive = living(&inputs.tables[spine_table], &spine)?;
    let heads = heads(&inputs.tables[spine_table], &spine, &alive)?;
    drop(spine);
    write_all(inputs, state, &families, &people, &alive, heads.as_ref(), &mut report, out)?;
    report.families = families.len() as u64;
    report.reviews = reviews.len() as u64;
    people.write(out)?;
    write_reviews(out, &reviews)?;
    Ok(report)
}

/// Links by NIK, table by table; keeps what is left for scoring.
fn by_nik(inputs: &Inputs<'_>, spine_table: usize, spine: &Spine) -> Result<State, EditionError> {
    let mut state = State {
        links: Vec::new(),
        kks: Vec::new(),
        left: Vec::new(),
        left_identity: Identity::default(),
    };
    for (number, table) in inputs.tables.iter().enumerate() {
        if number == spine_table {
            state.links.push(of_spine(spine));
            state.kks.push(spine.identity.kk.clone());
            continue;
        }
        let identity = Identity::read(table)?;
        let links = exact::by_nik(spine, &identity);
        for row in 0..table.rows {
            if links.person[row] == NONE && can_be_scored(&identity, row) {
                state.left.push(Left { table: number as u16, row: row as u32 });
                state.left_identity.push_from(&identity, row);
            }
        }
        state.links.push(links);
        state.kks.push(identity.kk);
        inputs.progress.add(table.rows as u64);
    }
    Ok(state)
}

/// A name alone never makes a person; a birth date, a card or a mother's name beside it may.
fn can_be_scored(identity: &Identity, row: usize) -> bool {
    !identity.name.get(row).is_empty()
        && (identity.birth[row] != NO_DATE
            || identity.kk[row] != 0
            || !identity.mother.get(row).is_empty())
}

/// The register's own rows are their people.
fn of_spine(spine: &Spine) -> Links {
    let mut links = Links::unlinked(spine.person_of_row.len());
    for (row, person) in spine.person_of_row.iter().enumerate() {
        let main = spine.rows[*person as usize] as usize;
        let is_second = spine.identity.nik[row] != spine.identity.nik[main];
        let reason = if is_second { MatchReason::SecondIdentity } else { MatchReason::Fine };
        links.set(row, *person, Method::NikAgreeing, reason, 64.0);
    }
    links
}

/// Links by probability what no NIK decided. Gives the pairs for review, ordered by record.
fn score(
    inputs: &Inputs<'_>,
    spine: &Spine,
    state: &mut State,
    report: &mut LinkReport,
) -> Result<Vec<Review>, EditionError> {
    if state.left.is_empty() || spine.is_empty() {
        return Ok(Vec::new());
    }
    let people = spine.people();
    let cards = present_cards(spine, state);
    let present = state.left_identity.kk.iter().map(|card| cards.of(*card)).collect();
    let written = std::mem::replace(&mut state.left_identity.kk, present);
    let proposals = inputs
        .matcher
        .propose(&state.left_identity, &people)
        .map_err(|e| EditionError::Input(format!("matching: {e}")))?;
    state.left_identity.kk = written;
    drop(people);
    let mut reviews = Vec::new();
    for (at, proposal) in proposals.iter().enumerate() {
        let Left { table, row } = state.left[at];
        let links = &mut state.links[usize::from(table)];
        let row = row as usize;
        if inputs.thresholds.links(proposal) {
            let main = spine.rows[proposal.best as usize] as usize;
            let same_nik = spine.identity.nik[main] == state.left_identity.nik[at];
            let method = if same_nik { Method::NikDisagreeing } else { Method::Scored };
            let why = MatchReason::from_code(links.reason[row]).unwrap_or(MatchReason::NikMissing);
            links.set(row, proposal.best, method, why, proposal.weight);
            links.probability[row] = proposal.probability as f32;
            links.evidence[row] =
                Agreement::of(&state.left_identity, at, &spine.identity, main).pack();
            report.scored += 1;
        } else if let Some(pair) =
            inputs.thresholds.review(proposal, state.left_identity.record[at])
        {
            links.reason[row] = MatchReason::Doubtful as u8;
            links.weight[row] = proposal.weight as f32;
            links.probability[row] = proposal.probability as f32;
            reviews.push(pair);
        }
    }
    reviews.sort_by_key(|r| r.record);
    Ok(reviews)
}

/// Where the members of old cards are today, by those whom their NIK links.
fn present_cards(spine: &Spine, state: &State) -> PresentCards {
    let mut seen = Vec::new();
    for (links, cards) in state.links.iter().zip(&state.kks) {
        for (person, card) in links.person.iter().zip(cards).filter(|(p, _)| **p != NONE) {
            let now = spine.identity.kk[spine.rows[*person as usize] as usize];
            if *card != now {
                seen.push((*card, now));
            }
        }
    }
    PresentCards::learn(seen, &spine.identity.kk.iter().copied().collect())
}

/// Families of the register's people, and what old cards lead to.
fn families_of(spine: &Spine, spine_table: usize, state: &State) -> (Families, People) {
    let pick = |column: &[u64]| spine.rows.iter().map(|row| column[*row as usize]).collect();
    let mut people = People {
        in_spine: vec![true; spine.len()],
        nik: pick(&spine.identity.nik),
        kk: pick(&spine.identity.kk),
        family: Vec::new(),
        second_identity: vec![false; spine.len()],
    };
    for (row, person) in spine.person_of_row.iter().enumerate() {
        if spine.identity.nik[row] != people.nik[*person as usize] {
            people.second_identity[*person as usize] = true;
        }
    }
    let (mut families, family) = Families::of_people(&people.kk);
    people.family = family;
    let mut seen = Vec::new();
    for (number, links) in state.links.iter().enumerate().filter(|(n, _)| *n != spine_table) {
        for (row, person) in links.person.iter().enumerate().filter(|(_, p)| **p != NONE) {
            let kk = state.kks[number][row];
            if kk != 0 && kk != people.kk[*person as usize] {
                seen.push((kk, people.family[*person as usize]));
            }
        }
    }
    families.learn_old_cards(seen);
    (families, people)
}

/// Gives people of their own to unlinked records that a visiting source vouches for.
fn outside(inputs: &Inputs<'_>, state: &mut State, families: &mut Families, people: &mut People) {
    let mut orphans = Vec::new();
    let mut identity = Identity::default();
    for (i, left) in state.left.iter().enumerate() {
        let table = &inputs.tables[usize::from(left.table)];
        let links = &state.links[usize::from(left.table)];
        let reason = links.reason[left.row as usize];
        let is_open = links.person[left.row as usize] == NONE;
        if is_open && table.unit == Unit::Person && reason != MatchReason::Doubtful as u8 {
            orphans.push(Orphan {
                table: left.table,
                row: left.row,
                makes_person: inputs.rules.table(&table.name).makes_people,
                nik_holds: reason == MatchReason::NikNotInRegister as u8,
            });
            identity.push_from(&state.left_identity, i);
        }
    }
    let first = people.len() as u32;
    for (i, found) in group(&orphans, &identity).into_iter().enumerate() {
        let Some(number) = found else { continue };
        let person = first + number;
        let orphan = orphans[i];
        if person as usize == people.len() {
            people.in_spine.push(false);
            people.nik.push(0);
            people.kk.push(0);
            people.family.push(NONE);
            people.second_identity.push(false);
        }
        let p = person as usize;
        if people.nik[p] == 0 && orphan.nik_holds {
            people.nik[p] = identity.nik[i];
        }
        if people.kk[p] == 0 {
            people.kk[p] = identity.kk[i];
            people.family[p] = families.of_card(identity.kk[i]);
        }
        let links = &mut state.links[usize::from(orphan.table)];
        // Still "tidak padan": the person is known, but not to the register.
        links.person[orphan.row as usize] = person;
    }
    for p in first as usize..people.len() {
        if people.family[p] == NONE {
            people.family[p] = families.with_card(people.kk[p]);
        }
    }
}

/// Whether each person of the register lives, by its own word.
fn living(table: &RecordTable, spine: &Spine) -> Result<Vec<bool>, EditionError> {
    if !table.has("civil_status") {
        return Ok(vec![true; spine.len()]);
    }
    let status = table.read(&["civil_status"])?.whole("civil_status", 0)?;
    Ok(spine.rows.iter().map(|row| status[*row as usize] != CIVIL_DEAD).collect())
}

/// Living heads by neighbourhood, when the register gives RT and RW.
fn heads(
    table: &RecordTable,
    spine: &Spine,
    alive: &[bool],
) -> Result<Option<Heads>, EditionError> {
    if !["rt", "rw", "relation"].iter().all(|c| table.has(c)) {
        return Ok(None);
    }
    let all = places(table)?;
    let relation = table.read(&["relation"])?.whole("relation", 0)?;
    let (mut people, mut at) = (Vec::new(), Places::default());
    for (person, row) in spine.rows.iter().enumerate() {
        if relation[*row as usize] == 1 && alive[person] {
            people.push(person as u32);
            at.push_from(&all, *row as usize);
        }
    }
    let name = |i: usize| spine.identity.name.get(spine.rows[people[i] as usize] as usize);
    Ok(Some(Heads::new(&people, &at, name)))
}

fn places(table: &RecordTable) -> Result<Places, EditionError> {
    let t = table.read(&["village", "rt", "rw"])?;
    Ok(Places { village: t.u64s("village", 0)?, rt: t.texts("rt")?, rw: t.texts("rw")? })
}

/// Finds the family of every record and writes the links, table by table. Tables that find their
/// family by electricity customer come after those that tell customers.
#[expect(clippy::too_many_arguments, reason = "the last part of one step, split for reading only")]
fn write_all(
    inputs: &Inputs<'_>,
    state: State,
    families: &Families,
    people: &People,
    alive: &[bool],
    heads: Option<&Heads>,
    report: &mut LinkReport,
    out: &Path,
) -> Result<(), EditionError> {
    let asks = |t: &RecordTable| inputs.rules.table(&t.name).family_by.contains(&By::PlnCustomer);
    let mut order: Vec<usize> = (0..inputs.tables.len()).collect();
    order.sort_by_key(|n| asks(&inputs.tables[*n]));
    let mut customers = Customers::default();
    let mut all: Vec<Option<(Links, Vec<u64>)>> =
        state.links.into_iter().zip(state.kks).map(Some).collect();
    for number in order {
        let table = &inputs.tables[number];
        let Some((mut links, kk)) = all[number].take() else { continue };
        let family = match table.unit {
            Unit::Person => of_people(&links, people),
            Unit::Family => {
                let by = inputs.rules.table(&table.name).family_by;
                place_heads(table, &mut links, heads)?;
                let keys = Keys { kk: &kk, customer: customer_keys(table)? };
                of_houses(&mut links, &by, &keys, families, people, alive, &mut customers)
            }
        };
        report.unlinked += links.person.iter().filter(|p| **p == NONE).count() as u64;
        write_links(out, table, links, family)?;
    }
    Ok(())
}

fn of_people(links: &Links, people: &People) -> Vec<u32> {
    let family = |p: &u32| if *p == NONE { NONE } else { people.family[*p as usize] };
    links.person.iter().map(family).collect()
}

/// Electricity customers as text keys, 0 when absent.
fn customer_keys(table: &RecordTable) -> Result<Vec<u64>, EditionError> {
    if !table.has("pln_customer") {
        return Ok(vec![0; table.rows]);
    }
    let customers = table.read(&["pln_customer"])?.texts("pln_customer")?;
    Ok(customers.iter().map(|c| if c.is_empty() { 0 } else { text_key(c) | 1 }).collect())
}

/// Links still open records of houses to the only head of that name in the neighbourhood.
fn place_heads(
    table: &RecordTable,
    links: &mut Links,
    heads: Option<&Heads>,
) -> Result<(), EditionError> {
    let Some(heads) = heads.filter(|_| table.has("rt") && table.has("rw")) else { return Ok(()) };
    let open: Vec<u32> = (0..table.rows as u32)
        .filter(|row| {
            let row = *row as usize;
            links.person[row] == NONE && links.reason[row] != MatchReason::Doubtful as u8
        })
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    let at = places(table)?;
    let name = table.read(&["name"])?.texts("name")?;
    for (row, person) in open.iter().zip(heads.of_rows(&open, &name, &at)) {
        if person != NONE {
            let row = *row as usize;
            let why = MatchReason::from_code(links.reason[row]).unwrap_or(MatchReason::NikMissing);
            // One head of the name among the hundred or so of an RT: about even odds per bit.
            links.set(row, person, Method::WithinFamily, why, 6.0);
        }
    }
    Ok(())
}

/// The keys of a family-level record besides its head.
struct Keys<'a> {
    kk: &'a [u64],
    customer: Vec<u64>,
}

/// The family of every record of houses, in the source's own order of trying.
fn of_houses(
    links: &mut Links,
    by: &[By],
    keys: &Keys<'_>,
    families: &Families,
    people: &People,
    alive: &[bool],
    customers: &mut Customers,
) -> Vec<u32> {
    let tells = !by.contains(&By::PlnCustomer);
    (0..links.person.len())
        .map(|row| {
            let head = links.person[row];
            let lives = head != NONE && alive.get(head as usize).copied().unwrap_or(true);
            let of_head = if head == NONE { NONE } else { people.family[head as usize] };
            let try_one = |by: &By| match by {
                By::PlnCustomer => customers.family(keys.customer[row]),
                By::Head if lives => of_head,
                By::Head => NONE,
                By::AnyHead => of_head,
                By::Card => families.of_card(keys.kk[row]),
            };
            let family = by.iter().map(try_one).find(|f| *f != NONE).unwrap_or(NONE);
            if head == NONE && family != NONE {
                links.method[row] = Method::WithinFamily as u8;
                links.reason[row] = MatchReason::FamilyOnly as u8;
            }
            if tells && family != NONE && keys.customer[row] != 0 {
                customers.note(keys.customer[row], family);
            }
            family
        })
        .collect()
}
