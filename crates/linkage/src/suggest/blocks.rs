//! Chooses blocking rules: cheap combinations of keys such that, whatever one or two columns are
//! wrong or missing, some rule does without them.

use super::profile::{self, Profile, Role};
use crate::error::LinkError;
use crate::features::Features;
use crate::spec::expr::{self, Expr};
use crate::spec::{Block, Method, Spec};
use crate::table::Coded;
use kernel::chance::mix;

/// Most rules suggested.
const RULES_MAX: usize = 14;
/// Most candidate pairs per record of one rule, and of all.
const PAIRS_PER_RECORD_MAX: f64 = 12.0;
const PAIRS_PER_RECORD_SUM_MAX: f64 = 60.0;
/// Records looked at when counting; pairs per record grow with the file, so the count is scaled.
const ROWS_COUNTED_MAX: usize = 200_000;
/// Most combinations counted exactly.
const COMBINATIONS_MAX: usize = 400;

/// A rule with its price.
pub(super) struct Rule {
    /// Key expressions.
    pub keys: Vec<String>,
    /// Candidate pairs per record of the whole file.
    pub pairs_per_record: f64,
    /// The columns it needs, as a bit set.
    columns: u64,
}

/// A key with its values hashed per record (0 missing).
struct Key {
    text: String,
    column: usize,
    agreement: f64,
    present: f64,
    hashes: Vec<u64>,
}

pub(super) fn choose(
    features: &Features<'_>,
    profiles: &[Profile],
    rows: usize,
) -> Result<Vec<Rule>, LinkError> {
    let keys = keys(features, profiles, rows)?;
    let mut rules = affordable(&keys, rows);
    let columns = profiles.len().min(64);
    let usable = keys.iter().fold(0_u64, |set, key| set | 1 << key.column);
    let mut chosen: Vec<Rule> = Vec::new();
    let mut total = 0.0;
    while chosen.len() < RULES_MAX {
        let gain = |rule: &Rule| {
            gain(rule, &chosen, columns, usable) / (1.0 + rule.pairs_per_record / 4.0)
        };
        let best = (0..rules.len())
            .filter(|&i| total + rules[i].pairs_per_record <= PAIRS_PER_RECORD_SUM_MAX)
            .max_by(|&a, &b| gain(&rules[a]).total_cmp(&gain(&rules[b])).then(b.cmp(&a)));
        match best.filter(|&i| gain(&rules[i]) > 0.0) {
            Some(i) => {
                let rule = rules.remove(i);
                total += rule.pairs_per_record;
                chosen.push(rule);
            }
            None => break,
        }
    }
    Ok(chosen)
}

/// Rules for settings that name none, from the columns they compare.
///
/// # Errors
/// [`LinkError::Data`] when no combination of the columns is cheap enough.
pub fn default_blocks(
    spec: &Spec,
    features: &Features<'_>,
    rows: usize,
) -> Result<Vec<Block>, LinkError> {
    let mut profiles: Vec<Profile> = Vec::new();
    for compare in &spec.compares {
        let role = match compare.method {
            Method::Name => Some(Role::Name),
            Method::Date => Some(Role::Date),
            Method::Geographic(_) | Method::Number { .. } | Method::Array { .. } => continue,
            _ => None,
        };
        let mut names = Vec::new();
        compare.columns(&mut names);
        for name in names {
            if profiles.iter().any(|p| p.name == name) {
                continue;
            }
            let column = features.eval(&Expr::Column(name.to_owned()))?;
            let mut profile = profile::profile(name, &column, rows, true, false);
            if profile.role != Role::Ignored {
                profile.role = role.unwrap_or(profile.role);
            }
            profiles.push(profile);
        }
    }
    let chosen = choose(features, &profiles, rows)?;
    if chosen.is_empty() {
        return Err(LinkError::Data(
            "no combination of the compared columns makes few enough pairs; name rules: [[block]] keys = [\"a\", \"b\"]"
                .to_owned(),
        ));
    }
    let block = |rule: &Rule| {
        let keys = rule.keys.iter().map(|k| expr::parse(k).map_err(LinkError::Data));
        Ok(Block {
            name: rule.keys.join(" & "),
            keys: keys.collect::<Result<Vec<_>, _>>()?,
            max_size: spec.max_block,
        })
    };
    chosen.iter().map(block).collect()
}

/// New cases of one or two bad columns that the rule still finds; a second rule for the same case
/// counts a quarter.
fn gain(rule: &Rule, chosen: &[Rule], columns: usize, usable: u64) -> f64 {
    let mut sum = 0.0;
    for a in (0..columns).filter(|a| usable >> a & 1 == 1) {
        for b in (a..columns).filter(|b| usable >> b & 1 == 1) {
            let bad = 1_u64 << a | 1_u64 << b;
            if rule.columns & bad != 0 {
                continue;
            }
            let already = chosen.iter().filter(|c| c.columns & bad == 0).count();
            let weight = if a == b { 3.0 } else { 1.0 };
            sum += weight * 0.25_f64.powi(already as i32) * f64::from(u8::from(already < 3));
        }
    }
    sum
}

fn keys(features: &Features<'_>, profiles: &[Profile], rows: usize) -> Result<Vec<Key>, LinkError> {
    let step = rows.div_ceil(ROWS_COUNTED_MAX).max(1);
    let mut keys = Vec::new();
    for (column, profile) in profiles.iter().enumerate().take(64) {
        let c = super::expression(&profile.name);
        let texts = match profile.role {
            Role::RecordId | Role::Ignored => continue,
            Role::Name if profile.words > 1.3 => {
                vec![
                    format!("words({c})"),
                    format!("rarest_word({c})"),
                    format!("soundex(first_word({c}))"),
                ]
            }
            Role::Name => vec![c.clone(), format!("soundex({c})")],
            Role::Date => vec![c.clone(), format!("year({c})")],
            Role::Identifier => vec![c.clone(), format!("prefix({c}, 6)")],
            Role::Code => vec![c.clone()],
            Role::Text => vec![c.clone(), format!("prefix({c}, 5)")],
        };
        for text in texts {
            let expression =
                expr::parse(&text).map_err(|why| LinkError::Data(format!("{text}: {why}")))?;
            let coded = features.eval(&expression)?;
            keys.push(key(text, column, &coded, step));
        }
    }
    Ok(keys)
}

fn key(text: String, column: usize, values: &Coded, step: usize) -> Key {
    let by_code: Vec<u64> = (0..values.values.len() as u32)
        .map(|code| if code == 0 { 0 } else { mix(u64::from(code)) | 1 })
        .collect();
    let hashes: Vec<u64> =
        values.codes.iter().step_by(step).map(|&code| by_code[code as usize]).collect();
    let n = hashes.len().max(1) as f64;
    let counts = values.counts();
    // Whole numbers: their sum does not depend on the order of the codes.
    let all: u64 = counts.iter().map(|&c| u64::from(c)).sum();
    let same: u64 = counts.iter().skip(1).map(|&c| u64::from(c) * u64::from(c)).sum();
    let agreement = same as f64 / (all.max(1) as f64).powi(2);
    let present = hashes.iter().filter(|&&h| h != 0).count() as f64 / n;
    Key { text, column, agreement, present, hashes }
}

/// Combinations of one to three keys of different columns within the budget, cheapest first.
fn affordable(keys: &[Key], rows: usize) -> Vec<Rule> {
    let mut combinations: Vec<(f64, Vec<usize>)> = Vec::new();
    let mut push = |set: Vec<usize>| {
        let agreement: f64 = set.iter().map(|&k| keys[k].agreement).product();
        let present = set.iter().map(|&k| keys[k].present).fold(1.0, f64::min);
        let expected = agreement * rows as f64 / 2.0;
        if expected <= PAIRS_PER_RECORD_MAX * 2.0 && present > 0.02 {
            combinations.push((expected, set));
        }
    };
    for a in 0..keys.len() {
        push(vec![a]);
        for b in a + 1..keys.len() {
            if keys[a].column == keys[b].column {
                continue;
            }
            push(vec![a, b]);
            for c in b + 1..keys.len() {
                if keys[c].column != keys[a].column && keys[c].column != keys[b].column {
                    push(vec![a, b, c]);
                }
            }
        }
    }
    // Fewer keys first: each further key is one more thing that can be wrong.
    combinations.sort_by(|x, y| {
        (x.1.len(), x.0).partial_cmp(&(y.1.len(), y.0)).unwrap_or(std::cmp::Ordering::Equal)
    });
    combinations.truncate(COMBINATIONS_MAX);
    let counted = combinations.into_iter().map(|(_, set)| rule(keys, &set, rows));
    counted.filter(|rule| rule.pairs_per_record <= PAIRS_PER_RECORD_MAX).collect()
}

fn rule(keys: &[Key], set: &[usize], rows: usize) -> Rule {
    let n = keys[set[0]].hashes.len();
    let mut joint: Vec<u64> = (0..n)
        .filter_map(|row| {
            set.iter().try_fold(0_u64, |joint, &k| {
                let hash = keys[k].hashes[row];
                (hash != 0).then(|| mix(joint ^ hash))
            })
        })
        .collect();
    joint.sort_unstable();
    let pairs: u64 = joint
        .chunk_by(|a, b| a == b)
        .map(|block| block.len() as u64 * (block.len() as u64 - 1) / 2)
        .sum();
    let scale = rows as f64 / n.max(1) as f64;
    Rule {
        keys: set.iter().map(|&k| keys[k].text.clone()).collect(),
        pairs_per_record: pairs as f64 / n.max(1) as f64 * scale,
        columns: set.iter().fold(0, |columns, &k| columns | 1 << keys[k].column),
    }
}
