//! Writing members into one model: functions are added, centred and, where promised, made
//! monotone.

use super::linear::missing_coefficient;
use super::{Encoded, Member, Sample, Settings, trees};
use crate::boost::bins::Binned;
use crate::encode::{ABSENT, Atom, Feature, FeatureKind, OTHER, Values};
use crate::model::{Code, Kind, Line, Model, Pair, Steps, Variable};
use crate::outlook::rise;

/// Fills base, variables and pairs of `model`.
pub(super) fn write(
    model: &mut Model,
    members: &[Member],
    shares: &[f64],
    encoded: &Encoded,
    sample: &Sample,
    settings: &Settings,
) {
    let features = if members.iter().any(|m| m.tables.is_some()) {
        trees::binned(encoded)
    } else {
        Vec::new()
    };
    for (member, share) in members.iter().zip(shares) {
        model.base += share * member.linear.as_ref().map_or(0.0, |(intercept, _)| *intercept);
        model.base += share * member.tables.as_ref().map_or(0.0, |t| t.base);
    }
    for (index, feature) in encoded.features.iter().enumerate() {
        let mut variable = variable(index, feature, members, shares, &features);
        variable.monotone = encoded.monotone[index];
        if variable.monotone != 0 {
            make_monotone(&mut variable, &encoded.values[index], &sample.weights);
        }
        model.base += centre(&mut variable, &encoded.values[index], &sample.weights);
        model.variables.push(variable);
    }
    for (member, share) in members.iter().zip(shares) {
        let Some(tables) = &member.tables else { continue };
        for (&(a, b), table) in &tables.pairs {
            model.pairs.push(Pair {
                left: features[a].side.clone(),
                right: features[b].side.clone(),
                values: table.iter().map(|v| tidy(v * share)).collect(),
            });
        }
    }
    model.pairs.truncate(settings.pairs);
}

/// Six digits after the point are more than a score keeps.
fn tidy(value: f64) -> f64 {
    (value * 1e7).round() / 1e7
}

/// The linear part of a feature: its kind, its value when missing, and its value at the mean.
pub(super) fn linear_kind(feature: &Feature, own: &[f64]) -> (Kind, f64, f64) {
    match &feature.kind {
        FeatureKind::Number { low, high, whole, mean, grid } => {
            let lines: Vec<Line> = feature
                .atoms
                .iter()
                .zip(own)
                .filter_map(|(&(atom, _), &slope)| match atom {
                    Atom::Shape(shape) if slope.abs() > 1e-12 => Some(Line { shape, slope }),
                    _ => None,
                })
                .collect();
            let at_mean: f64 = lines.iter().map(|l| l.slope * l.shape.at(*mean)).sum();
            let kind = Kind::Number {
                low: *low,
                high: *high,
                whole: *whole,
                centre: 0.0,
                lines,
                steps: Steps::default(),
                grid: if *whole { Vec::new() } else { grid.clone() },
            };
            (kind, at_mean + missing_coefficient(feature, own), at_mean)
        }
        FeatureKind::Codes { codes } => {
            let mut points = vec![0.0; codes.len()];
            for (&(atom, _), &coefficient) in feature.atoms.iter().zip(own) {
                if let Atom::Level(level) = atom {
                    points[level] = coefficient;
                }
            }
            let codes: Vec<Code> = codes
                .iter()
                .zip(points)
                .map(|((code, share), points)| Code { code: code.clone(), share: *share, points })
                .collect();
            let total: f64 = codes.iter().map(|c| c.share).sum();
            let mean = codes.iter().map(|c| c.share * c.points).sum::<f64>() / total.max(1e-12);
            // A code the survey hardly had counts as the average answer.
            (Kind::Codes { codes, other: mean }, missing_coefficient(feature, own), mean)
        }
    }
}

/// Adds up the members' functions of one feature.
fn variable(
    index: usize,
    feature: &Feature,
    members: &[Member],
    shares: &[f64],
    features: &[Binned],
) -> Variable {
    let mut own = vec![0.0; feature.atoms.len()];
    let mut table: Vec<f64> = Vec::new();
    for (member, share) in members.iter().zip(shares) {
        if let Some((_, coefficients)) = &member.linear {
            for (sum, c) in own.iter_mut().zip(&coefficients[index]) {
                *sum += share * c;
            }
        }
        if let Some(tables) = &member.tables {
            table.resize(tables.singles[index].len(), 0.0);
            for (sum, v) in table.iter_mut().zip(&tables.singles[index]) {
                *sum += share * v;
            }
        }
    }
    let (mut kind, mut missing, _) = linear_kind(feature, &own);
    if !table.is_empty() {
        missing += table[0];
        match &mut kind {
            Kind::Number { steps, .. } => *steps = merged(&features[index].side.edges, &table),
            Kind::Codes { codes, other } => {
                let last = table.len() - 1;
                for (i, code) in codes.iter_mut().enumerate() {
                    code.points += table[(i + 1).min(last)];
                }
                *other += table[last];
            }
        }
    }
    Variable {
        name: feature.name.clone(),
        missing,
        missing_share: feature.missing_share,
        monotone: 0,
        kind,
    }
}

/// A step function without edges at which nothing changes; `table[0]` is the missing bin, the
/// last cell is never used by numbers.
fn merged(edges: &[f64], table: &[f64]) -> Steps {
    let mut steps = Steps { edges: Vec::new(), values: vec![tidy(table[1])] };
    for (edge, value) in edges.iter().zip(&table[2..]) {
        let value = tidy(*value);
        if steps.values.last() != Some(&value) {
            steps.edges.push(*edge);
            steps.values.push(value);
        }
    }
    steps
}

/// Replaces a number's function by the nearest one that keeps its promised direction.
fn make_monotone(variable: &mut Variable, values: &Values, weights: &[f64]) {
    let Values::Number(numbers) = values else { return };
    let mut pairs: Vec<(f64, f64)> =
        numbers.iter().zip(weights).filter(|(x, _)| !x.is_nan()).map(|(&x, &w)| (x, w)).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut grid: Vec<(f64, f64)> = Vec::new();
    for (x, w) in pairs {
        match grid.last_mut() {
            Some(last) if last.0 == x => last.1 += w,
            _ => grid.push((x, w)),
        }
    }
    let sign = f64::from(variable.monotone);
    let target: Vec<f64> = grid.iter().map(|&(x, _)| sign * variable.of_number(x)).collect();
    let mass: Vec<f64> = grid.iter().map(|g| g.1).collect();
    let risen = rise(&target, &mass);
    let mut steps = Steps { edges: Vec::new(), values: vec![tidy(sign * risen[0])] };
    for (pair, value) in grid.windows(2).zip(&risen[1..]) {
        let value = tidy(sign * value);
        if steps.values.last() != Some(&value) {
            steps.edges.push(0.5 * (pair[0].0 + pair[1].0));
            steps.values.push(value);
        }
    }
    if let Kind::Number { lines, steps: own, centre, .. } = &mut variable.kind {
        lines.clear();
        *own = steps;
        *centre = 0.0;
    }
}

/// Makes the survey's weighted mean contribution 0; returns what was taken off.
fn centre(variable: &mut Variable, values: &Values, weights: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    let sum: f64 = match values {
        Values::Number(v) => v.iter().zip(weights).map(|(&x, w)| w * variable.of_number(x)).sum(),
        Values::Level(v) => {
            let Kind::Codes { codes, other } = &variable.kind else { return 0.0 };
            let of = |level: usize| match level {
                ABSENT => variable.missing,
                OTHER => *other,
                level => codes[level].points,
            };
            v.iter().zip(weights).map(|(&l, w)| w * of(l)).sum()
        }
    };
    let mean = sum / total;
    variable.missing -= mean;
    match &mut variable.kind {
        Kind::Number { centre, .. } => *centre += mean,
        Kind::Codes { codes, other } => {
            codes.iter_mut().for_each(|c| c.points -= mean);
            *other -= mean;
        }
    }
    mean
}
