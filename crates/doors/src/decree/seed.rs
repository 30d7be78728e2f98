//! The demo's decree: a roll of cover made from the published edition, in the proportions of the news
//! about NTB, cut by the real commands with two people, and a way back that went on for some weeks.
//! Invented, like all of the demo.

use access::{Actor, Role};
use casework::{
    Casework, CaseworkError, CoverRow, CutRule, DecreeDates, NewDecree, day_of, hold, mark, segment,
};
use kernel::{FamilyId, Region};
use std::collections::BTreeMap;
use store::blob::{self, Layout};
use store::{Query, StoreError, params};

/// Cut off per 10,000 people, by regency (NTB, February 2026): Lombok Barat, Timur, Utara and Mataram
/// as reported, the other six share the rest.
const CUT: [(u64, u64); 10] = [
    (5201, 615),
    (5202, 691),
    (5203, 419),
    (5204, 691),
    (5205, 691),
    (5206, 691),
    (5207, 691),
    (5208, 374),
    (5271, 203),
    (5272, 691),
];
const OTHERS: u64 = 561;
/// Families read at once.
const BATCH: u64 = 4_000;
/// Days since the effect, so that the six months of the way back are running.
const SINCE_DAYS: i32 = 70;

/// A person of the edition, as the seed needs it.
#[derive(Debug, Clone, Copy)]
pub struct SeedCover {
    /// The person.
    pub person: u64,
    /// The family.
    pub family: u64,
    /// The village.
    pub village: u64,
    /// The decile.
    pub decile: u8,
    /// Younger than a year.
    pub baby: bool,
}

/// A number from 0 to 9,999 that depends on the person and the question only.
fn chance(person: u64, question: u64) -> u64 {
    let mut x =
        person.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ question.wrapping_mul(0xd1b5_4a32_d192_ed03);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 32;
    x % 10_000
}

impl SeedCover {
    /// The person's row of the roll, before the proportions are set.
    fn row(&self) -> CoverRow {
        let says = |question: u64, of: u64| chance(self.person, question) < of;
        let bit = |is: bool, bit: i64| if is { bit } else { 0 };
        let covered = match self.decile {
            1..=3 => 7_600,
            4..=5 => 5_600,
            6..=7 => 2_600,
            _ => 900,
        };
        CoverRow {
            person: self.person,
            family: self.family,
            village: self.village,
            decile: self.decile,
            segment: if says(1, covered) { segment::PBI_JK } else { segment::NONE },
            marks: bit(says(2, 30), mark::DEAD)
                | bit(says(3, 20), mark::DUPLICATE)
                | bit(says(4, 5), mark::ABROAD)
                | bit(says(5, 110), mark::WAGE_EARNER)
                | bit(says(6, 60), mark::SELF_PAYER)
                | bit(says(7, 140), mark::NOT_FOUND),
            hold: bit(says(8, 620), hold::CHRONIC)
                | bit(says(9, 90), hold::CATASTROPHIC)
                | bit(self.baby, hold::BABY)
                | bit(says(10, 130), hold::PREGNANT),
        }
    }
}

/// The roll of the seed: as many listed by the rule, per regency, as in the news.
pub(super) fn roll(people: &[SeedCover]) -> Vec<CoverRow> {
    let mut rows: Vec<CoverRow> = people.iter().map(SeedCover::row).collect();
    let mut by_regency: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        by_regency.entry(row.village / 1_000_000).or_default().push(at);
    }
    for (regency, places) in by_regency {
        let per = CUT.iter().find(|(code, _)| *code == regency).map_or(OTHERS, |(_, per)| *per);
        let wanted = (places.len() as u64 * per / 10_000) as usize;
        let fits = |row: &CoverRow| {
            row.hold == 0 && (row.decile > 5 || row.marks != 0) && row.marks & mark::DEAD == 0
        };
        let (mut on, mut off): (Vec<usize>, Vec<usize>) = places
            .into_iter()
            .filter(|at| fits(&rows[*at]) || rows[*at].marks & mark::DEAD != 0)
            .partition(|at| rows[*at].segment == segment::PBI_JK);
        for list in [&mut on, &mut off] {
            list.sort_by_key(|at| (chance(rows[*at].person, 11), rows[*at].person));
        }
        for at in on.iter().skip(wanted) {
            rows[*at].segment = segment::NONE;
        }
        let missing = wanted.saturating_sub(on.len());
        let added: Vec<usize> =
            off.into_iter().filter(|at| fits(&rows[*at])).take(missing).collect();
        for at in added {
            rows[at].segment = segment::PBI_JK;
        }
    }
    rows
}

/// Seeds the roll, the decree and its way back, once per edition.
///
/// # Errors
/// When the store fails or the edition cannot be read.
pub fn seed_decree(work: &Casework) -> Result<u64, CaseworkError> {
    let Some(edition) = work.store().current_edition()? else { return Ok(0) };
    let id = format!("demo-decree-{}", edition.number);
    if work.decree(&id).is_ok() {
        return Ok(0);
    }
    work.load_cover(edition.number, &roll(&people(work, edition.number)?))?;
    let accounts = work.accounts()?;
    let actor = |role: Role| -> Result<Actor, CaseworkError> {
        let found = accounts.iter().find(|a| a.role == role).ok_or(CaseworkError::NotFound)?;
        Ok(work.begin(found.account, true)?.1.actor)
    };
    let effective = day_of(work.now_ms()).plus_days(-SINCE_DAYS);
    let new = NewDecree {
        id: id.clone(),
        title: "Keputusan contoh: PBI-JK untuk desil 1–5".to_owned(),
        edition: edition.number,
        rule: CutRule::pbi_jk(region(work, edition.number)?)?,
        dates: DecreeDates { notice: effective.plus_days(-14), effective },
        reason: "Kursi PBI-JK dialihkan dari desil 6–10 ke desil 1–5".to_owned(),
    };
    let decree = work.propose_decree(&actor(Role::ProgrammeOwner)?, new)?;
    let why = "Daftar dan yang dikecualikan sudah diperiksa";
    work.settle(&actor(Role::Ministry)?, &id, &decree.list_sha256, true, why)?;
    work.notice_decree(&id)?;
    let cut = work.take_effect(&id)?;
    went_back(work, &id, effective.days())?;
    Ok(cut)
}

/// The region the decree is for: the edition's province.
fn region(work: &Casework, edition: u32) -> Result<Option<Region>, CaseworkError> {
    let sql = "SELECT region FROM region WHERE level = 4 ORDER BY region LIMIT 1";
    let row =
        work.store().read_edition::<_, StoreError>(edition, |r| r.query_opt(sql, params![]))?;
    let village: Option<u64> = row.map(|row| row.get("region")).transpose()?;
    Ok(village.and_then(|v| Region::from_number(v).ok()?.at(kernel::Level::Province)))
}

/// Village and decile of each family.
fn homes(work: &Casework, edition: u32) -> Result<BTreeMap<u64, (u64, u8)>, CaseworkError> {
    let sql = "SELECT village, decile, family_id FROM village_family ORDER BY family_id";
    let rows = work.store().read_edition::<_, StoreError>(edition, |r| r.query(sql, params![]))?;
    rows.iter().map(|row| Ok((row.at(2)?, (row.at(0)?, row.at(1)?)))).collect()
}

/// Everybody of the edition, from the sealed bodies of the families.
fn people(work: &Casework, edition: u32) -> Result<Vec<SeedCover>, CaseworkError> {
    let store = work.store();
    let layout = store.read_edition::<_, StoreError>(edition, |r| {
        r.query_one("SELECT body FROM fact WHERE name = 'layout'", params![])
    })?;
    let layout: Layout = serde_json::from_str(&layout.get::<String>("body")?)
        .map_err(|e| CaseworkError::Refused(format!("layout of the edition: {e}")))?;
    let homes = homes(work, edition)?;
    let (mut out, mut after) = (Vec::new(), 0_u64);
    let infant = day_of(work.now_ms()).plus_days(-365).days();
    loop {
        let rows = store.read_edition::<_, StoreError>(edition, |r| {
            r.query(
                "SELECT family_id, body FROM family WHERE family_id > $1 ORDER BY family_id LIMIT $2",
                params![after, BATCH],
            )
        })?;
        let Some(last) = rows.last() else { return Ok(out) };
        after = last.get("family_id")?;
        for row in rows {
            let family: u64 = row.get("family_id")?;
            let Some((village, decile)) = homes.get(&family).copied() else { continue };
            let place = format!("family.body|{}", FamilyId::new(family).get());
            let plain = work.vault().open(&place, &row.get::<Vec<u8>>("body")?)?;
            let mut body = blob::unpack(&layout, &plain)?;
            for person in body.remove("person").unwrap_or_default() {
                let Some(id) = person.int("person_id") else { continue };
                out.push(SeedCover {
                    person: id as u64,
                    family,
                    village,
                    decile,
                    baby: person.int("birth_date").is_some_and(|born| born > i64::from(infant)),
                });
            }
        }
    }
}

/// Some weeks of the way back, in one statement each; the letters of the notices count as delivered.
fn went_back(work: &Casework, id: &str, effective: i32) -> Result<(), CaseworkError> {
    let decree = id.to_owned();
    work.store().write::<_, StoreError, _>(move |tx| {
        // Of 1,000: 79 active again, 3 refused, 14 in review, 9 applied, 240 aware; those in the lower
        // deciles hear of it less.
        tx.execute(
            "UPDATE decree_person SET stage = CASE
               WHEN (person_id * 7919 + 104729) % 1000 < 79 THEN 5 WHEN (person_id * 7919 + 104729) % 1000 < 82 THEN 6
               WHEN (person_id * 7919 + 104729) % 1000 < 96 THEN 4 WHEN (person_id * 7919 + 104729) % 1000 < 105 THEN 3
               WHEN (person_id * 7919 + 104729) % 1000 < 225 + decile * 14 THEN 2 ELSE 1 END
             WHERE decree_id = $1",
            params![&decree],
        )?;
        tx.execute(
            "UPDATE decree_person SET
               aware_on = $2 + (person_id * 31) % 40,
               applied_on = CASE WHEN stage >= 3 THEN $2 + (person_id * 31) % 40 + (person_id * 17) % 12 ELSE 0 END,
               scheme = CASE WHEN stage <> 5 THEN 0 WHEN (person_id / 7 * 613) % 991 < 476 THEN 1
                        WHEN (person_id / 7 * 613) % 991 < 781 THEN 2 WHEN (person_id / 7 * 613) % 991 < 919 THEN 3 ELSE 4 END
             WHERE decree_id = $1 AND stage >= 2",
            params![&decree, effective],
        )?;
        tx.execute(
            "UPDATE decree_person SET ended_on = applied_on + CASE scheme WHEN 1 THEN (person_id * 13) % 5
               WHEN 2 THEN 2 + (person_id * 13) % 14 WHEN 3 THEN 1 + (person_id * 13) % 9 ELSE (person_id * 13) % 3 END
             WHERE decree_id = $1 AND stage >= 5",
            params![&decree],
        )?;
        tx.execute("DELETE FROM decree_count WHERE decree_id = $1", params![&decree])?;
        tx.execute(
            "INSERT INTO decree_count (decree_id, village, decile, stage, scheme, applied_on, ended_on, people)
             SELECT decree_id, village, decile, stage, scheme, applied_on, ended_on, COUNT(*) FROM decree_person
             WHERE decree_id = $1 GROUP BY decree_id, village, decile, stage, scheme, applied_on, ended_on",
            params![&decree],
        )?;
        tx.execute(
            "UPDATE outbox SET state = 'sent', sent_at = made_at WHERE template = 'cut_off' AND state = 'waiting'",
            params![],
        )
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_has_the_proportions_of_the_news() {
        let person = |n: u64, regency: u64| SeedCover {
            person: n,
            family: n / 3,
            village: regency * 1_000_000 + 12_001,
            decile: (n % 10 + 1) as u8,
            baby: false,
        };
        let people: Vec<SeedCover> = (0..20_000)
            .map(|n| person(n, 5271))
            .chain((20_000..40_000).map(|n| person(n, 5201)))
            .collect();
        let rows = roll(&people);
        let cut = |regency: u64| {
            let fits = |r: &&CoverRow| {
                r.village / 1_000_000 == regency
                    && r.segment == segment::PBI_JK
                    && (r.marks & mark::DEAD != 0 || r.hold == 0 && (r.decile > 5 || r.marks != 0))
            };
            rows.iter().filter(fits).count()
        };
        assert_eq!((cut(5271), cut(5201)), (406, 1_230));
        assert_eq!(rows, roll(&people), "the same every time");
    }
}
