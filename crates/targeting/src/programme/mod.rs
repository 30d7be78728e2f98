//! A programme: dated rules and parameters, read from a file and checked as a whole.
//!
//! ```text
//! <id>.toml ──raw──▶ keys and types ──load──▶ Programme ──at(day)──▶ Rules ──run──▶ list
//! ```

mod example;
mod load;
mod map;
mod other_quota;
mod parameter;
mod raw;
mod reason;

pub use example::{Example, check_examples};
pub use load::{Programmes, load};
pub use map::PovertyMap;
pub use parameter::{Parameter, Value, ValueFrom};
pub use raw::{Label, Reference};
pub use reason::{Reason, code};

use crate::TargetError;
use crate::rule::{self, Node, Scope};
use crate::schema::{Schema, TableKind};
use kernel::Date;
use kernel::region::Level;
use kernel::suggest::hint;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// An expression with its place in the file.
#[derive(Debug, Clone)]
pub struct Source {
    /// The text.
    pub text: String,
    /// Line of the file where it starts.
    pub line: usize,
    /// The key, for example `condition.cover.cel`.
    pub key: String,
}

/// What happens when a value that a condition needs is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfUnknown {
    /// The condition is not met.
    No,
    /// The condition is met.
    Yes,
}

/// What an exclusion does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The unit is not eligible.
    Exclude,
    /// A case is opened; the unit keeps its standing until a person has decided.
    Case,
}

/// A named rule: condition, exclusion or priority.
#[derive(Debug, Clone)]
pub struct Clause {
    /// Its key, unique within the programme.
    pub key: String,
    /// What it asks, in words.
    pub name: Label,
    /// The expression.
    pub source: Source,
    /// Boolean parameter that switches it on, if any.
    pub enabled: Option<String>,
    /// For conditions.
    pub if_unknown: IfUnknown,
    /// For exclusions.
    pub effect: Effect,
    /// Where the rule comes from.
    pub reference: String,
    /// True when no source was found for it.
    pub assumption: bool,
}

/// How the needy are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By national rank (estimated consumption), poorest first.
    Score,
    /// By the probability to be within the cut, most likely first.
    Probability,
}

/// The cut and the order of need; the strings name parameters.
#[derive(Debug, Clone)]
pub struct Need {
    /// Highest decile that is eligible.
    pub cut: Option<String>,
    /// The order.
    pub order: Order,
    /// Rank points by which somebody on the roll counts as poorer.
    pub hysteresis: Option<String>,
    /// Months during which somebody who entered stays while eligible.
    pub stay_months: Option<String>,
    /// Months after which a visit counts as stale.
    pub stale_months: Option<String>,
}

/// Where the number of seats comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seats {
    /// As many as are on the roll now.
    Roll,
    /// A parameter.
    Parameter(String),
    /// So many (a scenario).
    Fixed(u64),
}

/// Seats and how they are divided among regions.
#[derive(Debug, Clone)]
pub struct Quota {
    /// How many in all.
    pub seats: Seats,
    /// The level of region that gets its own quota; none: one list.
    pub level: Option<Level>,
    /// Name of the poverty map that divides; without it by eligible units.
    pub map: Option<String>,
    /// Parameter: reserve places as a share of the seats.
    pub reserve_share: Option<String>,
}

/// To whom an amount goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// Each person on the list.
    Person,
    /// Each family on the list.
    Family,
    /// The village as a whole: no money of a family.
    Village,
}

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// Twelve times a year.
    Month,
    /// Per year.
    Year,
    /// Once; counted in the year it is paid.
    Once,
}

/// The benefit.
#[derive(Debug, Clone)]
pub struct Benefit {
    /// To whom.
    pub per: Per,
    /// How often.
    pub period: Period,
    /// Parameter of a flat amount.
    pub amount: Option<String>,
    /// Parameter: most components that are paid.
    pub components_max: Option<String>,
}

/// A component of a family's benefit.
#[derive(Debug, Clone)]
pub struct Component {
    /// Key.
    pub key: String,
    /// Name.
    pub name: Label,
    /// Parameter of the amount (of the benefit's period).
    pub amount: String,
    /// Condition on a member `m`: counted once for each member that meets it.
    pub member: Option<Source>,
    /// Condition on the family: counted once.
    pub family: Option<Source>,
    /// Boolean parameter that switches it on.
    pub enabled: Option<String>,
    /// Most times it counts in one family.
    pub most: Option<u8>,
    /// True when no source was found for how it is told from the data.
    pub assumption: bool,
}

/// A checked programme file.
#[derive(Debug, Clone)]
pub struct Programme {
    /// The file.
    pub path: PathBuf,
    /// Version of the file.
    pub version: String,
    /// Id, the name of the list's file.
    pub id: String,
    /// Name.
    pub name: Label,
    /// One sentence.
    pub about: Option<Label>,
    /// Persons or families.
    pub unit: TableKind,
    /// First day.
    pub valid_from: Date,
    /// Last day, if it ends.
    pub valid_to: Option<Date>,
    /// Legal basis.
    pub references: Vec<Reference>,
    /// Parameters.
    pub parameters: BTreeMap<String, Parameter>,
    /// The cut and the order.
    pub need: Need,
    /// Must hold.
    pub conditions: Vec<Clause>,
    /// Must not hold, or open a case.
    pub exclusions: Vec<Clause>,
    /// Who comes first among the eligible, in this order.
    pub priorities: Vec<Clause>,
    /// Seats; without it everyone eligible is chosen.
    pub quota: Option<Quota>,
    /// The poverty map that the quota names.
    pub map: Option<PovertyMap>,
    /// What is given.
    pub benefit: Benefit,
    /// Its parts.
    pub components: Vec<Component>,
    /// Worked examples.
    pub examples: Vec<Example>,
    /// Programmes whose rolls a rule may name.
    pub rolls: Vec<String>,
}

/// A rule of [`Rules`]: the clause and its checked tree, or none when switched off.
pub type CheckedClause<'p> = (&'p Clause, Option<Node>);

/// A component of [`Rules`]: the component, its amount, and its tree (member or family).
pub struct CheckedComponent<'p> {
    /// The component.
    pub component: &'p Component,
    /// Rupiah per period.
    pub amount: i64,
    /// Its condition.
    pub node: Node,
}

/// A programme as it stands on one day: parameters resolved, expressions checked.
pub struct Rules<'p> {
    /// The programme.
    pub programme: &'p Programme,
    /// Parameter values on the day.
    pub values: BTreeMap<String, Value>,
    /// Conditions in the order of the file.
    pub conditions: Vec<CheckedClause<'p>>,
    /// Exclusions in the order of the file.
    pub exclusions: Vec<CheckedClause<'p>>,
    /// Priorities in the order of the file.
    pub priorities: Vec<CheckedClause<'p>>,
    /// Components that are switched on.
    pub components: Vec<CheckedComponent<'p>>,
}

/// Changed parameter values, by key: a reform is a difference to the file.
pub type Changes = BTreeMap<String, Value>;

impl Programme {
    /// The rules on `day`, with `changes` to parameters (a simulation; empty for the law).
    ///
    /// # Errors
    /// When an expression or a change is wrong.
    pub fn at(
        &self,
        day: Date,
        changes: &Changes,
        schema: &Schema,
    ) -> Result<Rules<'_>, TargetError> {
        let values = self.values_on(day, changes)?;
        let scope = Scope {
            schema,
            unit: self.unit,
            parameters: &values,
            rolls: &self.rolls,
            member: None,
        };
        let clauses = |list: &'_ [Clause]| -> Result<Vec<Option<Node>>, TargetError> {
            list.iter().map(|clause| self.clause(clause, &scope)).collect()
        };
        let conditions = clauses(&self.conditions)?;
        let exclusions = clauses(&self.exclusions)?;
        let priorities = clauses(&self.priorities)?;
        let mut components = Vec::new();
        for component in &self.components {
            if !self.is_on(component.enabled.as_deref(), &values)? {
                continue;
            }
            let node = match (&component.member, &component.family) {
                (Some(source), _) => self.expression(
                    source,
                    &Scope { unit: TableKind::Family, member: Some("m"), ..scope },
                )?,
                (None, Some(source)) => self.expression(source, &scope)?,
                (None, None) => continue,
            };
            let amount = self.number(&component.amount, &values)? as i64;
            components.push(CheckedComponent { component, amount, node });
        }
        Ok(Rules {
            programme: self,
            conditions: self.conditions.iter().zip(conditions).collect(),
            exclusions: self.exclusions.iter().zip(exclusions).collect(),
            priorities: self.priorities.iter().zip(priorities).collect(),
            components,
            values,
        })
    }

    fn clause(&self, clause: &Clause, scope: &Scope<'_>) -> Result<Option<Node>, TargetError> {
        let node = self.expression(&clause.source, scope)?;
        Ok(self.is_on(clause.enabled.as_deref(), scope.parameters)?.then_some(node))
    }

    fn is_on(
        &self,
        key: Option<&str>,
        values: &BTreeMap<String, Value>,
    ) -> Result<bool, TargetError> {
        match key.map(|k| (k, values.get(k))) {
            None => Ok(true),
            Some((_, Some(Value::Bool(on)))) => Ok(*on),
            Some((k, _)) => {
                Err(self.wrong(k, "`enabled` must name a parameter that is true or false"))
            }
        }
    }

    fn expression(&self, source: &Source, scope: &Scope<'_>) -> Result<Node, TargetError> {
        rule::condition(&source.text, scope).map_err(|error| TargetError::Rule {
            path: self.path.clone(),
            line: source.line,
            key: source.key.clone(),
            error,
        })
    }

    /// Parameter values on `day` with `changes`.
    ///
    /// # Errors
    /// When a change names no parameter or has another type.
    pub fn values_on(
        &self,
        day: Date,
        changes: &Changes,
    ) -> Result<BTreeMap<String, Value>, TargetError> {
        let mut values = BTreeMap::new();
        for (key, parameter) in &self.parameters {
            if let Some(found) = parameter.on(day) {
                values.insert(key.clone(), found.value.clone());
            }
        }
        for (key, value) in changes {
            let Some(old) = values.get_mut(key) else {
                let near = hint(key, self.parameters.keys().map(String::as_str));
                let message = format!("the programme has no such parameter on {day}{near}");
                return Err(self.wrong(key, &message));
            };
            if !old.same_kind(value) {
                let message = format!("is {}, so it cannot become {value}", old.word());
                return Err(self.wrong(key, &message));
            }
            *old = value.clone();
        }
        Ok(values)
    }

    /// The number that parameter `key` has in `values`.
    ///
    /// # Errors
    /// When it has none on this day.
    pub fn number(&self, key: &str, values: &BTreeMap<String, Value>) -> Result<f64, TargetError> {
        match values.get(key) {
            Some(Value::Int(n)) => Ok(*n as f64),
            Some(Value::Double(x)) => Ok(*x),
            Some(_) => Err(self.wrong(key, "must be a number")),
            None => {
                let near = hint(key, self.parameters.keys().map(String::as_str));
                Err(self.wrong(key, &format!("no such parameter on this day{near}")))
            }
        }
    }

    /// True when the programme runs on `day`.
    #[must_use]
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|to| day <= to)
    }

    pub(crate) fn wrong(&self, key: &str, message: &str) -> TargetError {
        TargetError::file(&self.path, key, message)
    }
}
