//! A list of hundreds of thousands is written piece by piece, each piece a commit of its own that
//! gives way to whatever somebody waits for; the row that says "it is whole" comes last. Cut off
//! anywhere, the same command is sent again and goes on.

use super::counts::recount;
use super::list::{Decree, ListedRow, NewDecree, hash, listed};
use super::roll::{PIECE, insert_many};
use super::rules::DecreeRules;
use crate::error::{CaseworkError, Result};
use crate::room::Casework;
use std::sync::mpsc::sync_channel;
use store::{Query, StoreError, Value, params};

/// Pieces that lie ready while one is written.
const READY: usize = 2;

type Rows = Vec<Vec<Value>>;

impl Casework {
    /// Makes the list of a new decree. Returns its hash and how many people; again: the same.
    pub(super) fn make_list(&self, rules: &DecreeRules, new: &NewDecree) -> Result<(String, u64)> {
        let rule =
            serde_json::to_string(&new.rule).map_err(|e| CaseworkError::Refused(e.to_string()))?;
        if let Some(made) = self.made_before(new, &rule)? {
            return Ok(made);
        }
        if !self.has_cover(new.edition)? {
            return Err(CaseworkError::Refused(format!(
                "the roll of cover of edition {} is not laid; publish the edition (padan publish)",
                new.edition
            )));
        }
        let rows =
            self.store.read::<_, StoreError>(|r| listed(r, rules, &new.rule, new.edition))?;
        let sha256 = hash(rows.iter().map(|row| (row.0, row.4)));
        self.clear_list(&new.id)?;
        for piece in rows.chunks(PIECE) {
            let values: Rows = piece.iter().map(|row| listed_values(&new.id, row)).collect();
            self.write(move |tx, _| {
                let into = "decree_person (decree_id, person_id, family_id, village, decile, ground, stage, scheme, aware_on, \
                            applied_on, ended_on, case_id, covered_until, fix_due)";
                insert_many(tx, into, 14, "ON CONFLICT DO NOTHING", values.into_iter().map(Ok))?;
                Ok(())
            })?;
        }
        self.make_whole(new, rule, sha256.clone(), rows.len() as u64)?;
        Ok((sha256, rows.len() as u64))
    }

    fn made_before(&self, new: &NewDecree, rule: &str) -> Result<Option<(String, u64)>> {
        let sql = "SELECT rule, edition, list_sha256, people FROM decree WHERE decree_id = $1";
        let row = self.store.read::<_, StoreError>(|r| r.query_opt(sql, params![&new.id]))?;
        let Some(row) = row else { return Ok(None) };
        let same = row.get::<String>("rule")? == rule && row.get::<u32>("edition")? == new.edition;
        if same {
            Ok(Some((row.get("list_sha256")?, row.get("people")?)))
        } else {
            Err(CaseworkError::IdReused(new.id.clone()))
        }
    }

    /// What a proposal that was cut off left behind.
    fn clear_list(&self, id: &str) -> Result<()> {
        let id = id.to_owned();
        self.write(move |tx, _| {
            let sql = "DELETE FROM decree_person WHERE decree_id = $1
                       AND NOT EXISTS (SELECT 1 FROM decree WHERE decree_id = $1)";
            tx.execute(sql, params![&id])?;
            Ok(())
        })
    }

    fn make_whole(&self, new: &NewDecree, rule: String, sha256: String, people: u64) -> Result<()> {
        let new = new.clone();
        self.write(move |tx, core| {
            let sql = "SELECT COUNT(*) AS n FROM decree_person WHERE decree_id = $1";
            if tx.query_one(sql, params![&new.id])?.get::<u64>("n")? != people {
                return Err(CaseworkError::IdReused(new.id));
            }
            tx.execute(
                "INSERT INTO decree (decree_id, title, edition, rule, list_sha256, people, notice_on, effective_on, state, made_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'proposed', $9)",
                params![
                    &new.id, &new.title, new.edition, rule, &sha256, people, new.dates.notice, new.dates.effective,
                    core.clock.now_ms()
                ],
            )?;
            Ok(recount(tx, &new.id)?)
        })
    }

    /// Puts a letter per listed person into the outbox: one thread seals, the store writes. Returns
    /// how many people were told.
    pub(super) fn post_notices(&self, rules: &DecreeRules, decree: &Decree) -> Result<u64> {
        let sql = "SELECT person_id, family_id, ground FROM decree_person WHERE decree_id = $1 ORDER BY person_id";
        let people = self.store.read::<_, StoreError>(|r| r.query(sql, params![&decree.id]))?;
        let people = people
            .iter()
            .map(|row| Ok((row.at(0)?, row.at(1)?, row.at(2)?)))
            .collect::<std::result::Result<Vec<(u64, u64, u32)>, StoreError>>()?;
        let count = people.len() as u64;
        let letters = Letters {
            work: self,
            decree: &decree.id,
            texts: self.letter_texts(rules, decree)?,
            first: self.reserve("outbox", count)?,
            now: self.now_ms(),
        };
        let (ready, pieces) = sync_channel::<Result<Rows>>(READY);
        std::thread::scope(|scope| {
            let (letters, people) = (&letters, &people);
            scope.spawn(move || {
                for (at, piece) in people.chunks(PIECE).enumerate() {
                    // The writer went away with an error of its own.
                    if ready.send(letters.sealed(at * PIECE, piece)).is_err() {
                        return;
                    }
                }
            });
            for piece in pieces {
                let rows = piece?;
                self.write(move |tx, _| {
                    let into = "outbox (message_id, idempotency_key, channel, recipient, template, body, state, attempts, next_at, made_at)";
                    let after = "ON CONFLICT (idempotency_key) DO NOTHING";
                    insert_many(tx, into, 10, after, rows.into_iter().map(Ok))?;
                    Ok(())
                })?;
            }
            Ok::<(), CaseworkError>(())
        })?;
        let decree = decree.clone();
        self.write(move |tx, core| {
            let changed = tx.execute(
                "UPDATE decree SET state = 'noticed', noticed_at = $2 WHERE decree_id = $1 AND state = 'proposed'",
                params![&decree.id, core.clock.now_ms()],
            )?;
            if changed > 0 {
                core.note_decree(tx, "decree_noticed", &decree, count)?;
            }
            Ok(count)
        })
    }

    /// The letter of each ground.
    fn letter_texts(&self, rules: &DecreeRules, decree: &Decree) -> Result<Vec<String>> {
        let day = decree.dates.effective.to_string();
        let fill = |reason: &str| {
            self.core.messages.fill("cut_off", &[("outcome", reason), ("due", &day)])
        };
        rules.ground.iter().map(|ground| fill(&ground.reason)).collect()
    }

    /// Reserves so many numbers of a counter; gives the first.
    fn reserve(&self, name: &'static str, count: u64) -> Result<u64> {
        self.write(move |tx, _| {
            let row = tx.query_one(
                "INSERT INTO counter (name, next) VALUES ($1, $2 + 1)
                 ON CONFLICT (name) DO UPDATE SET next = counter.next + $2 RETURNING next",
                params![name, count],
            )?;
            Ok(row.get::<u64>("next")? - count)
        })
    }
}

fn listed_values(id: &str, row: &ListedRow) -> Vec<Value> {
    let (person, family, village, decile, ground) = *row;
    let mut values: Vec<Value> =
        vec![id.into(), person.into(), family.into(), village.into(), decile.into(), ground.into()];
    values.extend(std::iter::repeat_n(Value::Int(0), 8));
    values
}

/// The letters of a decree.
struct Letters<'a> {
    work: &'a Casework,
    decree: &'a str,
    texts: Vec<String>,
    first: u64,
    now: i64,
}

impl Letters<'_> {
    /// The letters of a piece of the list that begins at `from`.
    fn sealed(&self, from: usize, piece: &[(u64, u64, u32)]) -> Result<Rows> {
        let vault = &self.work.core.vault;
        let letter = |(at, (person, family, ground)): (usize, &(u64, u64, u32))| {
            let id = self.first + (from + at) as u64;
            let text = self.texts.get(*ground as usize).map_or("", String::as_str);
            let seal = |column: &str, text: &str| {
                vault.seal(&format!("outbox.{column}|{id}"), text.as_bytes())
            };
            Ok(vec![
                id.into(),
                format!("decree:{}:{person}", self.decree).into(),
                "letter".into(),
                seal("recipient", &format!("F{family}"))?.into(),
                "cut_off".into(),
                seal("body", text)?.into(),
                "waiting".into(),
                Value::Int(0),
                self.now.into(),
                self.now.into(),
            ])
        };
        piece.iter().enumerate().map(letter).collect()
    }
}
