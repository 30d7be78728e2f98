//! Doubts about a visit: pure rules over what was seen, with the limits as data.

use crate::error::{FieldError, Result};
use crate::time::kilometres;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The limits of `config/id/field/checks.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    minutes_min: i64,
    kilometres_per_hour_max: f64,
    kilometres_min: f64,
    minutes_ahead_max: i64,
    straight_line: StraightLine,
    register: Vec<RegisterRule>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct StraightLine {
    columns: Vec<String>,
    answers_min: usize,
    share: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegisterRule {
    source: String,
    columns: Vec<String>,
}

impl Limits {
    /// The limits this program was built with.
    ///
    /// # Errors
    /// When the file is wrong.
    pub fn builtin() -> Result<Self> {
        let text = include_str!("../../../config/id/field/checks.toml");
        instrument::config::parse("field/checks.toml", text)
            .map_err(|e| FieldError::Rules(e.to_string()))
    }
}

/// What an earlier visit of the same assistant leaves to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Standard {
    /// When it ended, in milliseconds since 1970.
    pub ended: i64,
    /// Where it was.
    pub place: (f64, f64),
}

/// A visit as the rules see it.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Result of the visit; 1 is complete.
    pub result: u8,
    /// When it began.
    pub started: Option<i64>,
    /// When it ended.
    pub ended: Option<i64>,
    /// When the server took it.
    pub received: i64,
    /// Where.
    pub place: Option<(f64, f64)>,
    /// The assistant's visit before it.
    pub before: Option<Standard>,
    /// Family columns and what was answered.
    pub answers: BTreeMap<String, String>,
    /// What the edition holds, and from which source.
    pub recorded: BTreeMap<String, String>,
    /// Column → source of the recorded value.
    pub sources: BTreeMap<String, String>,
    /// Photos.
    pub photos: usize,
    /// Photos of nothing.
    pub blank_photos: usize,
    /// Receipts of other visits with the same photo.
    pub same_photo: Vec<String>,
}

/// A doubt: its kind and what was seen, in words for the one who looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// `too_fast`, `impossible_travel`, `straight_line`, `same_photo`, `blank_photo`, `no_photo`,
    /// `register`, `clock`, and those of other steps.
    pub kind: &'static str,
    /// What was seen.
    pub detail: String,
}

/// All doubts about a visit.
#[must_use]
pub fn check(seen: &Seen, limits: &Limits) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let mut say = |kind, detail| doubts.push(Doubt { kind, detail });
    if let Some(detail) = clock(seen, limits) {
        say("clock", detail);
    }
    if let Some(detail) = travel(seen, limits) {
        say("impossible_travel", detail);
    }
    if !seen.same_photo.is_empty() {
        say("same_photo", format!("Foto yang sama ada di {}", seen.same_photo.join(", ")));
    }
    if seen.result != 1 {
        return doubts;
    }
    if let Some(minutes) = minutes(seen).filter(|m| *m < limits.minutes_min) {
        say("too_fast", format!("{minutes} menit untuk 39 jawaban"));
    }
    if seen.photos == 0 {
        say("no_photo", "Tidak ada foto".to_owned());
    } else if seen.blank_photos > 0 {
        say("blank_photo", format!("{} foto tanpa gambar", seen.blank_photos));
    }
    if let Some(detail) = straight(seen, &limits.straight_line) {
        say("straight_line", detail);
    }
    let against = against_registers(seen, limits);
    if !against.is_empty() {
        say("register", against.join("; "));
    }
    doubts
}

fn minutes(seen: &Seen) -> Option<i64> {
    Some((seen.ended? - seen.started?).div_euclid(60_000))
}

fn clock(seen: &Seen, limits: &Limits) -> Option<String> {
    if minutes(seen).is_some_and(|m| m < 0) {
        return Some("Selesai sebelum mulai".to_owned());
    }
    let ahead = (seen.ended? - seen.received) / 60_000;
    (ahead > limits.minutes_ahead_max).then(|| format!("Jam ponsel {ahead} menit lebih maju"))
}

fn travel(seen: &Seen, limits: &Limits) -> Option<String> {
    let (before, place, started) = (seen.before?, seen.place?, seen.started?);
    let far = kilometres(before.place, place);
    if far < limits.kilometres_min {
        return None;
    }
    let minutes = (started - before.ended).max(0) / 60_000;
    let speed = far / (minutes.max(1) as f64 / 60.0);
    (speed > limits.kilometres_per_hour_max)
        .then(|| format!("{far:.0} km dari kunjungan sebelumnya dalam {minutes} menit"))
}

fn straight(seen: &Seen, rule: &StraightLine) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let answers = rule.columns.iter().filter_map(|column| seen.answers.get(column));
    for answer in answers {
        *counts.entry(answer).or_default() += 1;
    }
    let all: usize = counts.values().sum();
    let (answer, most) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (all >= rule.answers_min && most as f64 >= rule.share * all as f64)
        .then(|| format!("Jawaban {answer} pada {most} dari {all} pertanyaan yang berbeda"))
}

fn against_registers(seen: &Seen, limits: &Limits) -> Vec<String> {
    let mut out = Vec::new();
    for rule in &limits.register {
        for column in &rule.columns {
            let (Some(found), Some(recorded)) =
                (seen.answers.get(column), seen.recorded.get(column))
            else {
                continue;
            };
            let from = seen.sources.get(column).is_some_and(|s| s.starts_with(&rule.source));
            if from && found != recorded {
                out.push(format!("{column}: {} {recorded}, kunjungan {found}", rule.source));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn good() -> Seen {
        let answers = [
            ("tenure", "1"),
            ("floor_material", "8"),
            ("wall_material", "4"),
            ("roof_material", "3"),
            ("drinking_water", "6"),
            ("lighting", "1"),
            ("cooking_fuel", "10"),
            ("toilet_facility", "6"),
            ("electricity_power", "1"),
        ];
        Seen {
            result: 1,
            started: Some(100 * MINUTE),
            ended: Some(125 * MINUTE),
            received: 200 * MINUTE,
            place: Some((-8.65, 116.30)),
            before: Some(Standard { ended: 80 * MINUTE, place: (-8.66, 116.31) }),
            answers: answers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            photos: 3,
            ..Seen::default()
        }
    }

    fn kinds(change: impl FnOnce(&mut Seen)) -> Vec<&'static str> {
        let mut seen = good();
        change(&mut seen);
        check(&seen, &Limits::builtin().unwrap()).iter().map(|d| d.kind).collect()
    }

    #[test]
    fn an_honest_visit_is_not_doubted() {
        assert_eq!(kinds(|_| ()), Vec::<&str>::new());
        assert_eq!(kinds(|s| s.before = None), Vec::<&str>::new());
    }

    #[test]
    fn each_doubt_is_raised_by_what_it_is_for() {
        assert_eq!(kinds(|s| s.ended = Some(103 * MINUTE)), ["too_fast"]);
        assert_eq!(kinds(|s| s.ended = Some(99 * MINUTE)), ["clock", "too_fast"]);
        assert_eq!(kinds(|s| s.received = -1_000 * MINUTE), ["clock"]);
        assert_eq!(kinds(|s| s.place = Some((-8.46, 118.72))), ["impossible_travel"]);
        assert_eq!(kinds(|s| s.photos = 0), ["no_photo"]);
        assert_eq!(kinds(|s| s.blank_photos = 1), ["blank_photo"]);
        assert_eq!(kinds(|s| s.same_photo = vec!["GC-000007".into()]), ["same_photo"]);
        let straight = |s: &mut Seen| s.answers.values_mut().for_each(|v| *v = "1".to_owned());
        assert_eq!(kinds(straight), ["straight_line"]);
        let register = |s: &mut Seen| {
            s.recorded.insert("electricity_power".into(), "4".into());
            s.sources.insert("electricity_power".into(), "pln-2026-q3".into());
        };
        assert_eq!(kinds(register), ["register"]);
        let survey = |s: &mut Seen| {
            s.recorded.insert("electricity_power".into(), "4".into());
            s.sources.insert("electricity_power".into(), "regsosek".into());
        };
        assert_eq!(kinds(survey), Vec::<&str>::new());
    }

    #[test]
    fn a_refused_visit_may_be_short_and_without_photos() {
        let check = |s: &mut Seen| {
            s.result = 4;
            s.photos = 0;
            s.ended = Some(101 * MINUTE);
        };
        assert_eq!(kinds(check), Vec::<&str>::new());
    }
}
