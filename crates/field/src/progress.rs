//! How far a campaign is: by day, by village, by assistant; and how well visits agree with their
//! blind repetition.

use crate::error::{FieldError, Result};
use crate::room::Field;
use access::{Action, Actor, Resource};
use kernel::{Date, Region};
use std::collections::BTreeMap;
use store::{Query, StoreError, params};

/// A campaign as it stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// First visits to be made.
    pub all: u64,
    /// Visits with a result, by result 1 to 5.
    pub results: [u64; 5],
    /// Visits nobody is there for.
    pub nobody: u64,
    /// Day by day.
    pub days: Vec<DayLine>,
    /// Village by village, by code.
    pub villages: Vec<VillageLine>,
    /// Assistant by assistant.
    pub assistants: Vec<AssistantLine>,
    /// Forms that wait for somebody to look.
    pub review: u64,
}

impl Progress {
    /// Visits with a result.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.results.iter().sum()
    }
}

/// Visits finished on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayLine {
    /// The day.
    pub day: Date,
    /// Finished on it.
    pub done: u64,
}

/// A village.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VillageLine {
    /// Its code.
    pub village: Region,
    /// To be visited.
    pub all: u64,
    /// With a result.
    pub done: u64,
}

/// An assistant's work.
#[derive(Debug, Clone, PartialEq)]
pub struct AssistantLine {
    /// The account.
    pub account: u64,
    /// For people.
    pub name: String,
    /// Given.
    pub all: u64,
    /// With a result.
    pub done: u64,
    /// Complete ones.
    pub complete: u64,
    /// Median minutes of a complete visit.
    pub minutes: Option<u32>,
    /// Answers that a blind second visit found alike, and all compared.
    pub agreement: Option<(u64, u64)>,
    /// Forms with doubts.
    pub doubts: u64,
}

impl Field {
    /// A campaign as it stands.
    ///
    /// # Errors
    /// When the actor does not give out visits there, or there is no such campaign.
    pub fn progress(&self, who: &Actor, campaign: u64) -> Result<Progress> {
        let region = self.store().read::<_, StoreError>(|reader| {
            let sql = "SELECT region FROM field_campaign WHERE campaign_id = $1";
            reader.query_opt(sql, params![campaign])
        })?;
        let region = region.ok_or(FieldError::NotFound)?.get("region")?;
        let region = Region::from_number(region).map_err(|_| FieldError::NotFound)?;
        if !self.may(who, Action::VisitAssign, &Resource::open_in(region)) {
            return Err(FieldError::NotFound);
        }
        let mut progress = Progress::default();
        self.count_visits(campaign, &mut progress)?;
        self.count_assistants(campaign, &mut progress)?;
        Ok(progress)
    }

    fn count_visits(&self, campaign: u64, progress: &mut Progress) -> Result<()> {
        let rows = self.store().read::<_, StoreError>(|reader| {
            reader.query(
                "SELECT village, result, done_on, account IS NULL AS nobody, COUNT(*) AS n
                 FROM field_visit WHERE campaign_id = $1 AND back = 0
                 GROUP BY village, result, done_on, account IS NULL",
                params![campaign],
            )
        })?;
        let (mut days, mut villages) = (BTreeMap::new(), BTreeMap::new());
        for row in &rows {
            let n: u64 = row.get("n")?;
            progress.all += n;
            if row.get::<bool>("nobody")? {
                progress.nobody += n;
            }
            let line: &mut (u64, u64) = villages.entry(row.get::<u64>("village")?).or_default();
            line.0 += n;
            if let Some(result) = row.get::<Option<u64>>("result")? {
                line.1 += n;
                if let Some(slot) = progress.results.get_mut((result as usize).wrapping_sub(1)) {
                    *slot += n;
                }
                if let Some(day) = row.get::<Option<i32>>("done_on")? {
                    *days.entry(day).or_insert(0_u64) += n;
                }
            }
        }
        progress.days = days
            .into_iter()
            .map(|(day, done)| DayLine { day: Date::from_days(day), done })
            .collect();
        for (village, (all, done)) in villages {
            let village = Region::from_number(village).map_err(|_| FieldError::NotFound)?;
            progress.villages.push(VillageLine { village, all, done });
        }
        Ok(())
    }

    fn count_assistants(&self, campaign: u64, progress: &mut Progress) -> Result<()> {
        let rows = self.store().read::<_, StoreError>(|reader| {
            reader.query(
                "SELECT v.account, a.name, v.result, v.minutes, v.entity, s.state
                 FROM field_visit v JOIN account a ON a.account = v.account
                 LEFT JOIN field_submission s ON s.instance_id = v.instance_id
                 WHERE v.campaign_id = $1 ORDER BY v.account",
                params![campaign],
            )
        })?;
        let mut agreement = self.agreement(campaign)?;
        let mut lines: BTreeMap<u64, (AssistantLine, Vec<u32>)> = BTreeMap::new();
        for row in &rows {
            let account: u64 = row.get("account")?;
            let name: String = row.get("name")?;
            let (line, minutes) = lines.entry(account).or_insert_with(|| {
                let agreement = agreement.remove(&account);
                let line = AssistantLine {
                    account,
                    name,
                    all: 0,
                    done: 0,
                    complete: 0,
                    minutes: None,
                    agreement,
                    doubts: 0,
                };
                (line, Vec::new())
            });
            line.all += 1;
            let result: Option<u64> = row.get("result")?;
            line.done += u64::from(result.is_some());
            if result == Some(1) {
                line.complete += 1;
                let spent: Option<i64> = row.get("minutes")?;
                minutes.extend(spent.and_then(|m| u32::try_from(m).ok()));
            }
            let doubted = row.get::<Option<String>>("state")?.as_deref() == Some("review");
            line.doubts += u64::from(doubted);
            progress.review += u64::from(doubted);
        }
        for (mut line, mut minutes) in lines.into_values() {
            minutes.sort_unstable();
            line.minutes = minutes.get(minutes.len() / 2).copied();
            progress.assistants.push(line);
        }
        Ok(())
    }

    /// Per assistant: answers of their first visits that the blind second visit found alike, and
    /// all that both asked.
    fn agreement(&self, campaign: u64) -> Result<BTreeMap<u64, (u64, u64)>> {
        let rows = self.store().read::<_, StoreError>(|reader| {
            reader.query(
                "SELECT f.account, CAST(SUM(CASE WHEN x.value = y.value THEN 1 ELSE 0 END) AS INTEGER) AS alike,
                   COUNT(*) AS n
                 FROM field_visit f
                 JOIN field_visit b ON b.campaign_id = f.campaign_id AND b.family_id = f.family_id AND b.back = 1
                 JOIN field_answer x ON x.entity = f.entity
                 JOIN field_answer y ON y.entity = b.entity AND y.path = x.path
                 WHERE f.campaign_id = $1 AND f.back = 0 AND f.account IS NOT NULL
                 GROUP BY f.account",
                params![campaign],
            )
        })?;
        rows.iter()
            .map(|row| Ok((row.get("account")?, (row.get("alike")?, row.get("n")?))))
            .collect()
    }
}
