//! From the file as written to a checked programme. Everything that can be wrong in a file is found
//! here: keys, dates, parameters, expressions on every day a value changes, worked examples' fields.

use super::example::Example;
use super::map::PovertyMap;
use super::parameter::{Parameter, Value, ValueFrom};
use super::raw::{self, RawProgramme, RawQuota};
use super::reason::CLAUSES_MAX;
use super::{
    Benefit, Changes, Clause, Component, Effect, IfUnknown, Label, Need, Order, Per, Period,
    Programme, Quota, Seats, Source,
};
use crate::TargetError;
use crate::schema::{Schema, TableKind};
use kernel::Date;
use kernel::region::Level;
use kernel::suggest::hint;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// All programmes of a country's folder, sorted by id.
#[derive(Debug, Clone, Default)]
pub struct Programmes(pub Vec<Programme>);

impl Programmes {
    /// Reads every `*.toml` of `folder`.
    ///
    /// # Errors
    /// At the first thing that is wrong in a file, with its place.
    pub fn load(folder: &Path, schema: &Schema) -> Result<Self, TargetError> {
        let listing = std::fs::read_dir(folder).map_err(|e| TargetError::io(folder, e))?;
        let mut paths: Vec<PathBuf> = listing
            .filter_map(|entry| entry.ok().map(|e| e.path()))
            .filter(|p| p.extension().is_some_and(|e| e == "toml"))
            .collect();
        paths.sort();
        let rolls: Vec<String> = paths
            .iter()
            .filter_map(|p| p.file_stem().and_then(|s| s.to_str()).map(str::to_owned))
            .collect();
        let programmes: Result<Vec<Programme>, TargetError> =
            paths.iter().map(|path| load(path, &rolls, schema)).collect();
        Ok(Self(programmes?))
    }

    /// The programme `id`.
    ///
    /// # Errors
    /// With the nearest id when there is none.
    pub fn get(&self, id: &str) -> Result<&Programme, TargetError> {
        self.0.iter().find(|p| p.id == id).ok_or_else(|| {
            let near = hint(id, self.0.iter().map(|p| p.id.as_str()));
            TargetError::Data(format!("no programme `{id}`{near}"))
        })
    }
}

/// Reads and checks one programme file; `rolls` are the programmes that its rules may name.
///
/// # Errors
/// At the first thing that is wrong, with its place in the file.
pub fn load(path: &Path, rolls: &[String], schema: &Schema) -> Result<Programme, TargetError> {
    let size = std::fs::metadata(path).map_err(|e| TargetError::io(path, e))?.len();
    if size > kernel::limits::CONFIG_BYTES_MAX {
        let most = kernel::limits::CONFIG_BYTES_MAX;
        return Err(TargetError::file(path, "", format!("has {size} bytes, the most is {most}")));
    }
    let text = std::fs::read_to_string(path).map_err(|e| TargetError::io(path, e))?;
    let raw: RawProgramme = toml::from_str(&text).map_err(|e| syntax(path, &text, &e))?;
    let programme = Loader { path, text: &text }.programme(raw, rolls)?;
    check_all_days(&programme, schema)?;
    Ok(programme)
}

/// Says where a file is not TOML or has an unknown key, with the nearest key.
fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> TargetError {
    let line = error.span().map_or(0, |s| line_of(text, s.start));
    let message = error.message();
    let mut words = message.split('`').skip(1).step_by(2);
    let near = match words.next() {
        Some(word) if message.starts_with("unknown field") => hint(word, words),
        _ => String::new(),
    };
    TargetError::File {
        path: path.to_owned(),
        line,
        key: String::new(),
        message: format!("{message}{near}"),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1)
}

struct Loader<'a> {
    path: &'a Path,
    text: &'a str,
}

/// Words for the level at which seats are divided.
pub(super) const LEVELS: [(&str, Option<Level>); 5] = [
    ("all", None),
    ("province", Some(Level::Province)),
    ("regency", Some(Level::Regency)),
    ("district", Some(Level::District)),
    ("village", Some(Level::Village)),
];

impl Loader<'_> {
    fn error<T>(&self, key: &str, message: impl Into<String>) -> Result<T, TargetError> {
        let last = key.rsplit('.').next().unwrap_or(key);
        let line = self
            .text
            .lines()
            .position(|l| l.trim_start().starts_with(last) || l.contains(&format!(".{last}]")))
            .map_or(0, |i| i + 1);
        Err(TargetError::File {
            path: self.path.to_owned(),
            line,
            key: key.to_owned(),
            message: message.into(),
        })
    }

    fn programme(&self, raw: RawProgramme, rolls: &[String]) -> Result<Programme, TargetError> {
        let stem = self.path.file_stem().and_then(|s| s.to_str()).unwrap_or("");
        if raw.id != stem {
            return self.error(
                "id",
                format!("is `{}`, the file is `{stem}.toml`; make them agree", raw.id),
            );
        }
        let unit = self.word(
            "unit",
            &raw.unit,
            &[("person", TableKind::Person), ("family", TableKind::Family)],
        )?;
        let parameters = self.parameters(raw.parameters)?;
        let conditions = self.clauses(raw.condition.into_iter().map(RawClause::from))?;
        let exclusions = self.clauses(raw.exclusion.into_iter().map(RawClause::from))?;
        let priorities = self.clauses(raw.priority.into_iter().map(RawClause::from))?;
        self.keys_differ(&conditions, &exclusions)?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let map = match raw.quota.as_ref().and_then(|q| q.map.as_deref()) {
            Some(name) => Some(PovertyMap::load(folder, name)?),
            None => None,
        };
        let programme = Programme {
            path: self.path.to_owned(),
            version: raw.version,
            id: raw.id,
            name: raw.name,
            about: raw.about,
            unit,
            valid_from: self.date("valid_from", &raw.valid_from)?,
            valid_to: raw.valid_to.map(|d| self.date("valid_to", &d)).transpose()?,
            references: raw.reference,
            need: self.need(raw.need, &parameters)?,
            quota: raw.quota.map(|q| self.quota(q, &parameters)).transpose()?,
            map,
            benefit: self.benefit(raw.benefit, &parameters)?,
            components: self.components(raw.component, &parameters)?,
            parameters,
            conditions,
            exclusions,
            priorities,
            examples: Vec::new(),
            rolls: rolls.to_vec(),
        };
        let examples: Result<Vec<Example>, TargetError> =
            raw.example.into_iter().map(|e| Example::from_raw(e, &programme)).collect();
        Ok(Programme { examples: examples?, ..programme })
    }

    fn word<T: Copy>(&self, key: &str, word: &str, known: &[(&str, T)]) -> Result<T, TargetError> {
        match known.iter().find(|(name, _)| *name == word) {
            Some((_, value)) => Ok(*value),
            None => {
                let names: Vec<&str> = known.iter().map(|(n, _)| *n).collect();
                let near = hint(word, names.iter().copied());
                self.error(key, format!("`{word}` is not one of {}{near}", names.join(", ")))
            }
        }
    }

    fn date(&self, key: &str, text: &str) -> Result<Date, TargetError> {
        match text.parse() {
            Ok(date) => Ok(date),
            Err(wrong) => self.error(key, format!("{wrong}")),
        }
    }

    fn parameters(
        &self,
        raw: BTreeMap<String, raw::RawParameter>,
    ) -> Result<BTreeMap<String, Parameter>, TargetError> {
        let mut out = BTreeMap::new();
        for (key, parameter) in raw {
            let place = format!("parameters.{key}");
            let mut values: Vec<ValueFrom> = Vec::new();
            for value in parameter.value {
                let from = self.date(&place, &value.from)?;
                let read = match Value::from_toml(&value.value) {
                    Ok(read) => read,
                    Err(wrong) => return self.error(&place, wrong),
                };
                if values.last().is_some_and(|last| last.from >= from) {
                    return self
                        .error(&place, format!("values must ascend by date; {from} does not"));
                }
                if values.last().is_some_and(|last| !last.value.same_kind(&read)) {
                    return self.error(&place, "all values must be of one kind");
                }
                values.push(ValueFrom {
                    from,
                    value: read,
                    reference: value.reference,
                    assumption: value.assumption,
                });
            }
            if values.is_empty() {
                return self.error(&place, "has no value; add one with `from` and `value`");
            }
            out.insert(key, Parameter { name: parameter.name, unit: parameter.unit, values });
        }
        Ok(out)
    }

    fn clauses(&self, raw: impl Iterator<Item = RawClause>) -> Result<Vec<Clause>, TargetError> {
        let mut out = Vec::new();
        for clause in raw {
            let place = format!("{}.{}", clause.kind, clause.key);
            let if_unknown = self.word(
                &place,
                clause.if_unknown.as_deref().unwrap_or("no"),
                &[("no", IfUnknown::No), ("yes", IfUnknown::Yes)],
            )?;
            let effects = [("exclude", Effect::Exclude), ("case", Effect::Case)];
            let effect = self.word(&place, &clause.effect, &effects)?;
            out.push(Clause {
                source: self.source(&format!("{place}.cel"), &clause.cel),
                key: clause.key,
                name: clause.name,
                enabled: clause.enabled,
                if_unknown,
                effect,
                reference: clause.reference,
                assumption: clause.assumption,
            });
        }
        if out.len() > CLAUSES_MAX {
            return self
                .error("condition", format!("{} clauses, the most is {CLAUSES_MAX}", out.len()));
        }
        Ok(out)
    }

    fn source(&self, key: &str, cel: &Spanned<String>) -> Source {
        Source {
            text: cel.get_ref().clone(),
            line: line_of(self.text, cel.span().start),
            key: key.to_owned(),
        }
    }

    fn keys_differ(&self, a: &[Clause], b: &[Clause]) -> Result<(), TargetError> {
        let mut seen: Vec<&str> = Vec::new();
        for clause in a.iter().chain(b) {
            if seen.contains(&clause.key.as_str()) {
                return self
                    .error("key", format!("`{}` stands twice; keys must differ", clause.key));
            }
            seen.push(&clause.key);
        }
        Ok(())
    }

    fn exists(
        &self,
        place: &str,
        key: Option<String>,
        parameters: &BTreeMap<String, Parameter>,
    ) -> Result<Option<String>, TargetError> {
        match key {
            Some(key) if !parameters.contains_key(&key) => {
                let near = hint(&key, parameters.keys().map(String::as_str));
                self.error(place, format!("names no parameter: `{key}`{near}"))
            }
            other => Ok(other),
        }
    }

    fn need(
        &self,
        raw: raw::RawNeed,
        parameters: &BTreeMap<String, Parameter>,
    ) -> Result<Need, TargetError> {
        let orders = [("score", Order::Score), ("probability", Order::Probability)];
        Ok(Need {
            cut: self.exists("need.cut", raw.cut, parameters)?,
            order: self.word("need.order", raw.order.as_deref().unwrap_or("score"), &orders)?,
            hysteresis: self.exists("need.hysteresis", raw.hysteresis, parameters)?,
            stay_months: self.exists("need.stay_months", raw.stay_months, parameters)?,
            stale_months: self.exists("need.stale_months", raw.stale_months, parameters)?,
        })
    }

    fn quota(
        &self,
        raw: RawQuota,
        parameters: &BTreeMap<String, Parameter>,
    ) -> Result<Quota, TargetError> {
        let seats = if raw.seats == "roll" {
            Seats::Roll
        } else {
            match self.exists("quota.seats", Some(raw.seats), parameters)? {
                Some(key) => Seats::Parameter(key),
                None => Seats::Roll,
            }
        };
        Ok(Quota {
            seats,
            level: self.word("quota.level", &raw.level, &LEVELS)?,
            map: raw.map,
            reserve_share: self.exists("quota.reserve_share", raw.reserve_share, parameters)?,
        })
    }

    fn benefit(
        &self,
        raw: raw::RawBenefit,
        parameters: &BTreeMap<String, Parameter>,
    ) -> Result<Benefit, TargetError> {
        let pers = [("person", Per::Person), ("family", Per::Family), ("village", Per::Village)];
        let periods = [("month", Period::Month), ("year", Period::Year), ("once", Period::Once)];
        Ok(Benefit {
            per: self.word("benefit.per", &raw.per, &pers)?,
            period: self.word("benefit.period", &raw.period, &periods)?,
            amount: self.exists("benefit.amount", raw.amount, parameters)?,
            components_max: self.exists(
                "benefit.components_max",
                raw.components_max,
                parameters,
            )?,
        })
    }

    fn components(
        &self,
        raw: Vec<raw::RawComponent>,
        parameters: &BTreeMap<String, Parameter>,
    ) -> Result<Vec<Component>, TargetError> {
        let mut out = Vec::new();
        for component in raw {
            let place = format!("component.{}", component.key);
            if component.member.is_some() == component.family.is_some() {
                return self.error(&place, "needs either `member` or `family`, a condition");
            }
            let amount = self.exists(&place, Some(component.amount), parameters)?;
            let source = |key: &str, cel: &Option<Spanned<String>>| {
                cel.as_ref().map(|c| self.source(&format!("{place}.{key}"), c))
            };
            out.push(Component {
                member: source("member", &component.member),
                family: source("family", &component.family),
                enabled: self.exists(&place, component.enabled, parameters)?,
                amount: amount.unwrap_or_default(),
                key: component.key,
                name: component.name,
                most: component.most,
                assumption: component.assumption,
            });
        }
        Ok(out)
    }
}

/// The common form of the three kinds of clause.
struct RawClause {
    kind: &'static str,
    key: String,
    name: Label,
    cel: Spanned<String>,
    enabled: Option<String>,
    if_unknown: Option<String>,
    effect: String,
    reference: String,
    assumption: bool,
}

macro_rules! raw_clause {
    ($from:ty, $kind:literal, $raw:ident => $if_unknown:expr, $effect:expr) => {
        impl From<$from> for RawClause {
            fn from($raw: $from) -> Self {
                Self {
                    kind: $kind,
                    if_unknown: $if_unknown,
                    effect: $effect,
                    key: $raw.key,
                    name: $raw.name,
                    cel: $raw.cel,
                    enabled: $raw.enabled,
                    reference: $raw.reference,
                    assumption: $raw.assumption,
                }
            }
        }
    };
}

raw_clause!(raw::RawCondition, "condition", c => c.if_unknown, "exclude".into());
raw_clause!(raw::RawExclusion, "exclusion", c => None, c.effect);
raw_clause!(raw::RawPriority, "priority", c => None, "exclude".into());

/// Checks every expression on every day on which some parameter changes.
fn check_all_days(programme: &Programme, schema: &Schema) -> Result<(), TargetError> {
    let mut days = vec![programme.valid_from];
    let changes = programme.parameters.values().flat_map(|p| p.values.iter().map(|v| v.from));
    days.extend(changes.filter(|day| *day > programme.valid_from));
    days.sort_unstable();
    days.dedup();
    for day in days {
        programme.at(day, &Changes::new(), schema)?;
    }
    Ok(())
}
