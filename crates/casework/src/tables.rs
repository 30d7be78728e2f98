//! The rules of cases as data: `config/id/casework/cases.toml`, read and checked whole.

use crate::calendar::{Calendar, Count, DAYS_MAX};
use crate::error::{CaseworkError, Result};
use access::{Action, Role};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const FILE: &str = "cases.toml";
/// The ends of a way.
pub(crate) const ACCEPTED: &str = "accepted";
pub(crate) const REJECTED: &str = "rejected";
pub(crate) const WITHDRAWN: &str = "withdrawn";

/// A clock.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockRule {
    /// Its id.
    pub id: String,
    /// For people.
    pub name: String,
    /// How it counts.
    pub count: Count,
    /// Days or hours.
    pub length: u32,
    /// Where the rule comes from.
    pub source: String,
}

/// A kind of evidence.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRule {
    /// Its id.
    pub id: String,
    /// For people.
    pub name: String,
    /// How much it counts when evidence of several doors is weighed.
    pub weight: u32,
}

/// A kind of case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindRule {
    /// Its id.
    pub id: String,
    /// Two letters of the ticket.
    pub code: String,
    /// For people.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// Its first step.
    pub start: String,
    /// The clock of the law over the whole case.
    pub law: String,
    /// Evidence that must come with the report.
    pub needs: Vec<String>,
    /// What an accepted case changes: value, new_family, cover, identity, flag, roll or none.
    pub effect: String,
    /// Treated before others.
    #[serde(default)]
    pub urgent: bool,
    /// The reporter stays unknown to everybody but those who answer.
    #[serde(default)]
    pub confidential: bool,
}

/// A decision that a step allows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionRule {
    /// Its id, unique in the step.
    pub id: String,
    /// For people.
    pub name: String,
    /// The next step, or `accepted` / `rejected`.
    pub to: String,
    /// Evidence that must lie in the case.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Goes back; allowed only so often.
    #[serde(default)]
    pub returns: bool,
}

/// A step.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRule {
    /// Its id.
    pub id: String,
    /// The state for people.
    pub name: String,
    /// What the holder does next.
    pub task: String,
    /// The role that acts.
    #[serde(deserialize_with = "role")]
    pub holder: Role,
    /// The action asked of the policies.
    #[serde(deserialize_with = "action")]
    pub action: Action,
    /// Its clock.
    pub clock: String,
    /// What may be decided.
    pub decision: Vec<DecisionRule>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Escalation {
    clock: String,
    #[serde(rename = "levels")]
    _levels: Vec<String>,
    next: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Appeal {
    #[serde(rename = "clock")]
    _clock: String,
    days_to_appeal: u32,
    next: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    clock: Vec<ClockRule>,
    escalation: Escalation,
    appeal: Appeal,
    evidence: Vec<EvidenceRule>,
    kind: Vec<KindRule>,
    step: Vec<StepRule>,
}

fn role<'de, D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Role, D::Error> {
    let word = String::deserialize(d)?;
    Role::from_word(&word).ok_or_else(|| serde::de::Error::custom(format!("no role `{word}`")))
}

fn action<'de, D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Action, D::Error> {
    let word = String::deserialize(d)?;
    let found = Action::ALL.iter().copied().find(|action| action.word() == word);
    found.ok_or_else(|| serde::de::Error::custom(format!("no action `{word}`")))
}

/// The rules, checked.
#[derive(Debug, Clone)]
pub struct Tables {
    file: File,
    calendar: Calendar,
}

fn wrong(why: impl Into<String>) -> CaseworkError {
    CaseworkError::Rules { file: FILE, why: why.into() }
}

impl Tables {
    /// The rules this program was built with.
    ///
    /// # Errors
    /// When a file breaks a rule of [`Tables::read`].
    pub fn builtin() -> Result<Self> {
        Self::read(
            include_str!("../../../config/id/casework/cases.toml"),
            include_str!("../../../config/id/casework/holidays.toml"),
        )
    }

    /// Reads and checks the rules: every name is known, every step can be reached and reaches an
    /// end, every role has a level above.
    ///
    /// # Errors
    /// The first thing found wrong, by its id.
    pub fn read(cases: &str, holidays: &str) -> Result<Self> {
        let file: File = toml::from_str(cases).map_err(|e| wrong(e.to_string()))?;
        let tables = Self { file, calendar: Calendar::read(holidays)? };
        tables.check_names()?;
        tables.check_ways()?;
        Ok(tables)
    }

    fn check_names(&self) -> Result<()> {
        let file = &self.file;
        for clock in &file.clock {
            if clock.length == 0 || clock.length > DAYS_MAX {
                return Err(wrong(format!(
                    "clock {}: length {} is not 1 to {DAYS_MAX}",
                    clock.id, clock.length
                )));
            }
        }
        self.clock(&file.escalation.clock)?;
        for kind in &file.kind {
            self.clock(&kind.law)?;
            self.step(&kind.start)?;
            self.check_evidence(&kind.id, &kind.needs)?;
            if !["value", "new_family", "cover", "identity", "flag", "roll", "none"]
                .contains(&kind.effect.as_str())
            {
                return Err(wrong(format!("kind {}: no effect `{}`", kind.id, kind.effect)));
            }
        }
        for step in &file.step {
            self.clock(&step.clock)?;
            self.check_decisions(step)?;
            let holder = step.holder.word();
            if !file.escalation.next.contains_key(holder) || !file.appeal.next.contains_key(holder)
            {
                return Err(wrong(format!("step {}: `{holder}` has no level above it", step.id)));
            }
        }
        for to in file.appeal.next.values() {
            self.step(to)?;
        }
        for (level, next) in &file.escalation.next {
            if Role::from_word(level).is_none() || Role::from_word(next).is_none() {
                return Err(wrong(format!("escalation: `{level}` or `{next}` is no role")));
            }
        }
        Ok(())
    }

    fn check_decisions(&self, step: &StepRule) -> Result<()> {
        if step.decision.is_empty() {
            return Err(wrong(format!("step {}: nothing can be decided", step.id)));
        }
        let mut seen = BTreeSet::new();
        for decision in &step.decision {
            if !seen.insert(&decision.id) {
                return Err(wrong(format!("step {}: two decisions `{}`", step.id, decision.id)));
            }
            if !is_end(&decision.to) {
                self.step(&decision.to)?;
            }
            self.check_evidence(&step.id, &decision.needs)?;
        }
        Ok(())
    }

    fn check_evidence(&self, whose: &str, needs: &[String]) -> Result<()> {
        needs.iter().try_for_each(|id| match self.evidence(id) {
            Some(_) => Ok(()),
            None => Err(wrong(format!("{whose}: no evidence `{id}`"))),
        })
    }

    fn check_ways(&self) -> Result<()> {
        let mut reached = BTreeSet::new();
        let starts = self.file.kind.iter().map(|kind| &kind.start);
        let mut open: Vec<&String> = starts.chain(self.file.appeal.next.values()).collect();
        while let Some(id) = open.pop() {
            if reached.insert(id.as_str()) {
                open.extend(self.step(id)?.decision.iter().map(|d| &d.to).filter(|to| !is_end(to)));
            }
        }
        for step in &self.file.step {
            if !reached.contains(step.id.as_str()) {
                return Err(wrong(format!("step {} cannot be reached", step.id)));
            }
            if !self.reaches_an_end(&step.id)? {
                return Err(wrong(format!("step {} never ends", step.id)));
            }
        }
        Ok(())
    }

    fn reaches_an_end(&self, from: &str) -> Result<bool> {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(id) = open.pop() {
            if is_end(id) {
                return Ok(true);
            }
            if seen.insert(id) {
                open.extend(self.step(id)?.decision.iter().map(|d| d.to.as_str()));
            }
        }
        Ok(false)
    }

    /// A clock by its id.
    ///
    /// # Errors
    /// When there is none.
    pub fn clock(&self, id: &str) -> Result<&ClockRule> {
        self.file
            .clock
            .iter()
            .find(|clock| clock.id == id)
            .ok_or_else(|| wrong(format!("no clock `{id}`")))
    }

    /// A step by its id.
    ///
    /// # Errors
    /// When there is none.
    pub fn step(&self, id: &str) -> Result<&StepRule> {
        self.file
            .step
            .iter()
            .find(|step| step.id == id)
            .ok_or_else(|| wrong(format!("no step `{id}`")))
    }

    /// A kind of case by its id.
    ///
    /// # Errors
    /// When there is none.
    pub fn kind(&self, id: &str) -> Result<&KindRule> {
        let found = self.file.kind.iter().find(|kind| kind.id == id);
        found.ok_or_else(|| CaseworkError::Refused(format!("there is no kind of case `{id}`")))
    }

    /// A kind of evidence by its id.
    #[must_use]
    pub fn evidence(&self, id: &str) -> Option<&EvidenceRule> {
        self.file.evidence.iter().find(|evidence| evidence.id == id)
    }

    /// All kinds of case.
    #[must_use]
    pub fn kinds(&self) -> &[KindRule] {
        &self.file.kind
    }

    /// All kinds of evidence.
    #[must_use]
    pub fn all_evidence(&self) -> &[EvidenceRule] {
        &self.file.evidence
    }

    /// All steps.
    #[must_use]
    pub fn steps(&self) -> &[StepRule] {
        &self.file.step
    }

    /// The calendar.
    #[must_use]
    pub const fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// When a clock that starts now runs out.
    ///
    /// # Errors
    /// When there is no such clock, or the holidays of a year are missing.
    pub fn due(&self, clock: &str, now_ms: i64) -> Result<i64> {
        let clock = self.clock(clock)?;
        self.calendar.deadline(clock.count, clock.length, now_ms)
    }

    /// When the next level must act after a missed deadline.
    ///
    /// # Errors
    /// As for [`Tables::due`].
    pub fn escalation_due(&self, now_ms: i64) -> Result<i64> {
        self.due(&self.file.escalation.clock, now_ms)
    }

    /// The level above.
    #[must_use]
    pub fn above(&self, role: &str) -> Option<Role> {
        self.file.escalation.next.get(role).and_then(|next| Role::from_word(next))
    }

    /// The step of the one appeal against a decision of `role`.
    ///
    /// # Errors
    /// When that role's decisions cannot be appealed against.
    pub fn appeal_step(&self, role: &str) -> Result<&StepRule> {
        let step = self.file.appeal.next.get(role);
        self.step(step.ok_or_else(|| {
            CaseworkError::Refused("this decision cannot be appealed against".to_owned())
        })?)
    }

    /// How long after a decision an appeal may come, in milliseconds.
    #[must_use]
    pub const fn appeal_window_ms(&self) -> i64 {
        self.file.appeal.days_to_appeal as i64 * 86_400_000
    }
}

/// True for the words that close a case.
#[must_use]
pub fn is_end(step: &str) -> bool {
    matches!(step, ACCEPTED | REJECTED | WITHDRAWN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use access::{Actor, Policies, Purpose, Resource, State, Territory};
    use kernel::Region;

    const CASES: &str = include_str!("../../../config/id/casework/cases.toml");
    const HOLIDAYS: &str = include_str!("../../../config/id/casework/holidays.toml");

    #[test]
    fn every_holder_may_do_what_its_step_asks() {
        let policies = Policies::builtin().unwrap();
        let village = Region::from_number(5_202_012_001).unwrap();
        for step in Tables::builtin().unwrap().steps() {
            let actor = Actor {
                account: 1,
                role: step.holder,
                territory: Territory::In(village.at(kernel::Level::Province).unwrap()),
                purpose: Purpose::Casework,
                active: true,
                strong: true,
            };
            assert!(
                policies.decide(&actor, step.action, &Resource::open_in(village)),
                "{}",
                step.id
            );
            let closed = Resource::open_in(village).in_state(State::Closed);
            assert!(!policies.decide(&actor, step.action, &closed), "{} on a closed case", step.id);
        }
    }

    #[test]
    fn mistakes_in_the_file_are_named() {
        let check = |from: &str, to: &str, expected: &str| {
            let text = CASES.replacen(from, to, 1);
            assert_ne!(text, CASES);
            let error = Tables::read(&text, HOLIDAYS).unwrap_err().to_string();
            assert!(error.contains(expected), "`{expected}` in `{error}`");
        };
        check("start = \"formal_check\"", "start = \"nowhere\"", "no step `nowhere`");
        check("to = \"claim_visit\"", "to = \"claim_decide\"", "claim_visit cannot be reached");
        check("needs = [\"minutes\"]", "needs = [\"minute\"]", "no evidence `minute`");
        check("holder = \"village_operator\"", "holder = \"king\"", "no role `king`");
        check("length = 14", "length = 0", "length 0");
        check("effect = \"value\"", "effect = \"magic\"", "no effect `magic`");
        check("urgent = true", "urgnet = true", "unknown field");
    }
}
