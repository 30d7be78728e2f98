//! What came out, beside what is published.

use crate::listing::{Lists, Segment};
use crate::people::{Family, State};
use crate::score::{accuracy, least_squares};
use crate::survey::Sampled;
use crate::targets as t;
use kernel::{Date, Sex};
use serde::Serialize;

/// One published (or assumed) figure and what the province shows.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// What is measured.
    pub figure: String,
    /// Published or assumed value.
    pub target: f64,
    /// Measured on all people generated, or on the survey sample where it says so.
    pub got: f64,
    /// `share`, `index`, `rupiah`, `people` …
    pub unit: &'static str,
}

const BINS: usize = 1_600;
const FIRST_LOG: f64 = 10.5;
const BIN: f64 = 0.005;

/// Counts of one regency; add them up with [`Counts::add`] in the order of the regencies.
#[derive(Debug, Clone)]
pub(crate) struct Counts {
    people: [f64; 10],
    families: [f64; 10],
    poor: [f64; 10],
    /// People and consumption by class of log consumption; urban, rural.
    classes: Vec<(f64, f64)>,
    area: [(f64, f64); 2],
    ages: [f64; 3],
    women: f64,
    sum_log: (f64, f64),
    toilet: [f64; 10],
    tenure: [f64; 5],
    lighting: [f64; 4],
    power: [f64; 5],
    assets: [f64; 16],
    deciles: [f64; 10],
    seen: [f64; 10],
    seats: [f64; 10],
    cut: [f64; 10],
    restored: f64,
    pkh: f64,
    sembako: f64,
    twins: (f64, f64),
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            people: [0.0; 10],
            families: [0.0; 10],
            poor: [0.0; 10],
            classes: vec![(0.0, 0.0); BINS * 2],
            area: [(0.0, 0.0); 2],
            ages: [0.0; 3],
            women: 0.0,
            sum_log: (0.0, 0.0),
            toilet: [0.0; 10],
            tenure: [0.0; 5],
            lighting: [0.0; 4],
            power: [0.0; 5],
            assets: [0.0; 16],
            deciles: [0.0; 10],
            seen: [0.0; 10],
            seats: [0.0; 10],
            cut: [0.0; 10],
            restored: 0.0,
            pkh: 0.0,
            sembako: 0.0,
            twins: (0.0, 0.0),
        }
    }
}

impl Counts {
    /// Counts one family.
    pub(crate) fn family(&mut self, family: &Family, regency: usize, lists: &Lists, today: Date) {
        let size = family.size() as f64;
        let consumption = family.log_consumption.exp();
        let area = usize::from(!family.urban);
        let line = if family.urban { t::LINE_URBAN } else { t::LINE_RURAL };
        self.people[regency] += size;
        self.families[regency] += 1.0;
        self.area[area].0 += size;
        if consumption < line {
            self.area[area].1 += size;
            self.poor[regency] += size;
        }
        let class = ((family.log_consumption - FIRST_LOG) / BIN).clamp(0.0, BINS as f64 - 1.0);
        let slot = &mut self.classes[area * BINS + class as usize];
        slot.0 += size;
        slot.1 += size * consumption;
        self.sum_log.0 += size * family.log_consumption;
        self.sum_log.1 += size * family.log_consumption * family.log_consumption;
        self.deciles[usize::from(family.decile_true) - 1] += size;
        self.seen[usize::from(family.decile_seen) - 1] += size;
        self.house(family, regency);
        self.members(family, today);
        self.lists(family, regency, lists);
    }

    fn house(&mut self, family: &Family, regency: usize) {
        let h = &family.house;
        self.toilet[regency] += f64::from(u8::from(h.toilet == 1));
        self.tenure[usize::from(h.tenure) - 1] += 1.0;
        self.lighting[usize::from(h.lighting) - 1] += 1.0;
        if h.power > 0 {
            self.power[usize::from(h.power) - 1] += 1.0;
        }
        for (count, asset) in self.assets.iter_mut().zip(h.assets) {
            *count += f64::from(u8::from(asset == 1));
        }
    }

    fn members(&mut self, family: &Family, today: Date) {
        let mut before: Option<(Date, u8)> = None;
        for person in family.living() {
            let age = person.born.age_on(today);
            self.ages[match age {
                ..=14 => 0,
                15..=64 => 1,
                _ => 2,
            }] += 1.0;
            self.women += f64::from(u8::from(person.sex == Sex::Female));
            if person.relation == kernel::kinship::relation::CHILD {
                self.twins.1 += 1.0;
                if before == Some((person.born, person.relation)) {
                    self.twins.0 += 1.0;
                }
                before = Some((person.born, person.relation));
            }
        }
    }

    fn lists(&mut self, family: &Family, regency: usize, lists: &Lists) {
        let decile = usize::from(family.decile_seen) - 1;
        self.pkh += f64::from(u8::from(lists.pkh.as_ref().is_some_and(|g| g.ended.is_none())));
        let sembako = lists.sembako.as_ref().is_some_and(|g| g.ended.is_none());
        self.sembako += f64::from(u8::from(sembako));
        for ((person, seat), cover) in family.people.iter().zip(&lists.pbi).zip(&lists.cover) {
            let Some(seat) = seat else { continue };
            if person.state == State::Living && (!seat.cut || seat.back.is_some()) {
                self.seats[decile] += 1.0;
            }
            if seat.cut {
                self.cut[regency] += 1.0;
                let again = cover.is_some_and(|c| c.active && c.segment != Segment::Pbi);
                self.restored += f64::from(u8::from(again || seat.back.is_some()));
            }
        }
    }

    /// Living people counted.
    pub(crate) fn people_all(&self) -> u64 {
        sum(&self.people) as u64
    }

    /// Adds another regency's counts.
    pub(crate) fn add(&mut self, other: &Self) {
        let add = |a: &mut [f64], b: &[f64]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        add(&mut self.people, &other.people);
        add(&mut self.families, &other.families);
        add(&mut self.poor, &other.poor);
        add(&mut self.ages, &other.ages);
        add(&mut self.toilet, &other.toilet);
        add(&mut self.tenure, &other.tenure);
        add(&mut self.lighting, &other.lighting);
        add(&mut self.power, &other.power);
        add(&mut self.assets, &other.assets);
        add(&mut self.deciles, &other.deciles);
        add(&mut self.seen, &other.seen);
        add(&mut self.seats, &other.seats);
        add(&mut self.cut, &other.cut);
        for (a, b) in self.classes.iter_mut().zip(&other.classes) {
            (a.0, a.1) = (a.0 + b.0, a.1 + b.1);
        }
        for (a, b) in self.area.iter_mut().zip(&other.area) {
            (a.0, a.1) = (a.0 + b.0, a.1 + b.1);
        }
        self.women += other.women;
        self.sum_log.0 += other.sum_log.0;
        self.sum_log.1 += other.sum_log.1;
        self.restored += other.restored;
        self.pkh += other.pkh;
        self.sembako += other.sembako;
        self.twins.0 += other.twins.0;
        self.twins.1 += other.twins.1;
    }

    /// Gini, share of the lowest 40 % and share below a line, of the chosen areas.
    fn inequality(&self, areas: &[usize], line: f64) -> (f64, f64, f64) {
        let class = |at: usize| {
            areas.iter().fold((0.0, 0.0), |sum: (f64, f64), area| {
                let slot = self.classes[area * BINS + at];
                (sum.0 + slot.0, sum.1 + slot.1)
            })
        };
        let (people, total) = (0..BINS).map(class).fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
        let (mut p, mut c, mut area, mut low, mut poor) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for at in 0..BINS {
            let (n, sum) = class(at);
            if n == 0.0 {
                continue;
            }
            area += n * (c + sum / 2.0);
            low += sum * ((0.4 * people - p) / n).clamp(0.0, 1.0);
            let bottom = FIRST_LOG + BIN * at as f64;
            poor += n * ((line.ln() - bottom) / BIN).clamp(0.0, 1.0);
            p += n;
            c += sum;
        }
        (1.0 - 2.0 * area / (people * total), low / total, poor / people)
    }
}

fn sum(values: &[f64]) -> f64 {
    values.iter().sum()
}

/// The whole table.
pub(crate) fn figures(counts: &Counts, sample: &[Sampled], names: &[&str]) -> Vec<Figure> {
    let mut out = Vec::new();
    consumption(counts, &mut out);
    by_regency(counts, names, &mut out);
    population(counts, &mut out);
    houses(counts, &mut out);
    rolls(counts, names, &mut out);
    means_test(sample, &mut out);
    out
}

fn put(
    out: &mut Vec<Figure>,
    figure: impl Into<String>,
    target: f64,
    got: f64,
    unit: &'static str,
) {
    out.push(Figure { figure: figure.into(), target, got, unit });
}

fn consumption(c: &Counts, out: &mut Vec<Figure>) {
    let people = sum(&c.people);
    let (gini, low, poor) = c.inequality(&[0, 1], t::LINE);
    put(out, "poverty, own lines of town and village", t::POOR, sum(&c.poor) / people, "share");
    put(out, "poverty at the province's line", t::POOR, poor, "share");
    put(out, "Gini", t::GINI, gini, "index");
    put(out, "consumption share of the lowest 40 %", t::LOWEST_40, low, "share");
    for (at, (name, published)) in [("urban", t::URBAN), ("rural", t::RURAL)].iter().enumerate() {
        let (gini, low, _) = c.inequality(&[at], 1.0);
        put(out, format!("poverty, {name}"), published.poor, c.area[at].1 / c.area[at].0, "share");
        put(out, format!("Gini, {name}"), published.gini, gini, "index");
        put(out, format!("lowest 40 %, {name}"), published.lowest_40, low, "share");
    }
    let mean = c.sum_log.0 / people;
    let sd = (c.sum_log.1 / people - mean * mean).max(0.0).sqrt();
    put(out, "standard deviation of log consumption", 0.66, sd, "log");
}

fn by_regency(c: &Counts, names: &[&str], out: &mut Vec<Figure>) {
    let all: f64 = t::REGENCIES.iter().map(|r| r.people as f64).sum();
    let mean = t::REGENCIES.iter().map(|r| r.poor_2024 * r.people as f64).sum::<f64>() / all;
    for (at, target) in t::REGENCIES.iter().enumerate() {
        let moved = target.poor_2024 / mean * t::POOR;
        put(out, format!("poverty, {}", names[at]), moved, c.poor[at] / c.people[at], "share");
    }
    for (at, target) in t::REGENCIES.iter().enumerate() {
        let got = c.toilet[at] / c.families[at];
        put(out, format!("own toilet, {}", names[at]), target.own_toilet / 100.0, got, "share");
    }
}

fn population(c: &Counts, out: &mut Vec<Figure>) {
    let people = sum(&c.people);
    put(out, "people per family", t::FAMILY_SIZE, people / sum(&c.families), "people");
    let ages = [("0-14", 0.2535), ("15-64", 0.6977), ("65 and over", 0.0488)];
    for (at, (name, target)) in ages.iter().enumerate() {
        put(out, format!("aged {name}"), *target, c.ages[at] / people, "share");
    }
    put(out, "women", 0.5007, c.women / people, "share");
    put(out, "twin births among children", crate::compose::TWINS, c.twins.0 / c.twins.1, "share");
}

fn houses(c: &Counts, out: &mut Vec<Figure>) {
    let families = sum(&c.families);
    let tenure = ["own house", "contract or rent", "rent-free", "official", "other tenure"];
    for (at, name) in tenure.iter().enumerate() {
        put(out, *name, t::TENURE[at], c.tenure[at] / families, "share");
    }
    let lighting = ["PLN with meter", "PLN without meter", "other electricity", "no electricity"];
    for (at, name) in lighting.iter().enumerate() {
        put(out, *name, t::LIGHTING[at], c.lighting[at] / families, "share");
    }
    let power = ["450 VA", "900 VA", "1,300 VA", "2,200 VA", "over 2,200 VA"];
    for (at, name) in power.iter().enumerate() {
        put(out, *name, t::POWER[at], c.power[at] / sum(&c.power), "share");
    }
    for (at, item) in t::ASSETS.iter().enumerate() {
        put(out, item.name, item.share, c.assets[at] / families, "share");
    }
}

fn rolls(c: &Counts, names: &[&str], out: &mut Vec<Figure>) {
    let people = sum(&c.people);
    let scale = people / t::PEOPLE_ALL as f64;
    let within = sum(&c.seats[..5]);
    let outside = sum(&c.seats[5..]) / sum(&c.seats);
    put(out, "PBI-JK seats outside deciles 1-5", 0.155, outside, "share");
    let uncovered = 1.0 - within / sum(&c.seen[..5]);
    put(out, "deciles 1-5 without PBI-JK", 0.40, uncovered, "share");
    put(out, "cut from PBI-JK on 2026-02-01", t::CUT, sum(&c.cut) / people, "share");
    for (at, target) in t::REGENCIES.iter().enumerate().filter(|(_, r)| r.cut > 0) {
        let goal = target.cut as f64 / target.people as f64;
        put(out, format!("cut, {}", names[at]), goal, c.cut[at] / c.people[at], "share");
    }
    put(out, "active again of those cut", t::RESTORED, c.restored / sum(&c.cut), "share");
    put(out, "families of Sembako", t::SEMBAKO * scale, c.sembako, "families");
    put(out, "families of PKH", t::PKH * scale, c.pkh, "families");
    let d1 = c.deciles[0] / people;
    put(out, "people in national decile 1 (must exceed 0.10)", 0.10, d1, "share");
    let five = sum(&c.deciles[..5]) / people;
    put(out, "people in national deciles 1-5 (no target)", 0.5, five, "share");
    let seen = sum(&c.seen[..5]) / people;
    put(out, "the same by the administration's own score", 0.5, seen, "share");
}

/// Fits on even clusters and judges on odd ones, and the other way round.
fn means_test(sample: &[Sampled], out: &mut Vec<Figure>) {
    let mut judged = Vec::with_capacity(sample.len());
    for half in 0..2 {
        let (fit, rest): (Vec<_>, Vec<_>) = sample.iter().partition(|s| s.psu % 2 == half);
        let rows: Vec<_> = fit.iter().map(|s| (s.features, s.log_measured, s.weight)).collect();
        if rows.is_empty() || rest.is_empty() {
            return;
        }
        let coefficients = least_squares(&rows);
        judged.extend(rest.iter().map(|s| {
            let score: f64 = s.features.iter().zip(&coefficients).map(|(a, b)| a * b).sum();
            (score, s.log_measured, s.weight * s.size)
        }));
    }
    let got = accuracy(&judged);
    put(out, "means test R-squared (survey, held out)", 0.50, got.r_squared, "share");
    put(out, "means test rank correlation (survey, held out)", 0.69, got.spearman, "index");
    put(out, "means test error at 40 % (survey, held out)", 0.30, got.error_40, "share");
    put(out, "correlation within clusters (survey)", 0.16, within_clusters(sample), "share");
}

/// Intra-cluster correlation of log consumption by analysis of variance.
fn within_clusters(sample: &[Sampled]) -> f64 {
    let n = sample.len() as f64;
    let mean = sample.iter().map(|s| s.log_true).sum::<f64>() / n;
    let (mut between, mut within, mut groups) = (0.0, 0.0, 0.0);
    for group in sample.chunk_by(|a, b| a.psu == b.psu) {
        let k = group.len() as f64;
        let own = group.iter().map(|s| s.log_true).sum::<f64>() / k;
        between += k * (own - mean).powi(2);
        within += group.iter().map(|s| (s.log_true - own).powi(2)).sum::<f64>();
        groups += 1.0;
    }
    let (between, within) = (between / (groups - 1.0), within / (n - groups));
    let k = n / groups;
    (between - within) / (between + (k - 1.0) * within)
}
