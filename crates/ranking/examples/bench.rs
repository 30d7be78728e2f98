//! Benchmarks of the room: `cargo run --release -p ranking --example bench -- [score|deciles|live|fit|churn|all] [families]`.
//!
//! `score` and `deciles` stream blocks of a million synthetic families through the scorecard and
//! count only the scoring (the blocks are made once and reused). `churn` needs a survey:
//! `churn survey.csv target features [weight] [cluster] [region]`.

use kernel::Chance;
use ranking::fit::Settings;
use ranking::model::SCALE;
use ranking::{Column, Columns, Data, Frame, LiveRank, Scorecard, Unit, cut, fit};
use std::hint::black_box;
use std::time::Instant;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let what = args.first().map_or("all", String::as_str);
    let families = args.get(1).and_then(|a| a.parse().ok()).unwrap_or(95_000_000usize);
    match what {
        "score" => score(families)?,
        "deciles" => deciles(families)?,
        "live" => live()?,
        "fit" => fit_large()?,
        "churn" => churn(&args[1..])?,
        _ => {
            score(families)?;
            deciles(families)?;
            live()?;
            fit_large()?;
        }
    }
    Ok(())
}

/// A survey of `n` households with 39 variables of few codes and a known truth.
fn survey(n: usize, regions: usize, seed: u64) -> Result<Frame, Box<dyn std::error::Error>> {
    let mut chance = Chance::new(seed);
    let mut frame = Frame::new();
    let mut y = vec![0.0f64; n];
    let region: Vec<f64> = (0..n).map(|i| (5201 + i % regions) as f64).collect();
    let deviation: Vec<f64> = (0..regions).map(|_| 0.12 * chance.normal()).collect();
    for (row, value) in y.iter_mut().enumerate() {
        *value = 13.2 + deviation[row % regions] + 0.46 * chance.normal();
    }
    for v in 0..39 {
        let codes = 2 + (v % 6) as u64;
        let slope = 0.35 * chance.normal() / codes as f64;
        let values: Vec<f64> = (0..n).map(|_| chance.below(codes) as f64).collect();
        for (value, x) in y.iter_mut().zip(&values) {
            *value += slope * (x - (codes - 1) as f64 / 2.0);
        }
        frame.push(format!("v{v:02}"), Column::Number(values))?;
    }
    frame.push("y", Column::Number(y))?;
    frame.push("region", Column::Number(region))?;
    frame.push("cluster", Column::Number((0..n).map(|i| (i / 10) as f64).collect()))?;
    Ok(frame)
}

fn additive_card() -> Result<Scorecard, Box<dyn std::error::Error>> {
    let mut settings = Settings::new("y", "v*");
    settings.method = "ols+stumps".into();
    settings.pairs = 0;
    Ok(Scorecard::compile(&fit(&survey(5_000, 10, 1)?, &settings)?))
}

/// A block of families as u8 codes.
fn block(rows: usize, seed: u64) -> Result<Columns, Box<dyn std::error::Error>> {
    let mut chance = Chance::new(seed);
    let mut columns = Columns::new(rows);
    for v in 0..39 {
        let codes = 2 + (v % 6) as u64;
        let values = (0..rows).map(|_| chance.below(codes) as u8).collect();
        columns.set(format!("v{v:02}"), Data::U8(values))?;
    }
    Ok(columns)
}

const BLOCK: usize = 1_000_000;

fn score(families: usize) -> Outcome {
    let card = additive_card()?;
    let blocks: Vec<Columns> =
        (0..4).map(|seed| block(BLOCK, seed)).collect::<Result<_, Box<dyn std::error::Error>>>()?;
    let mut out = Vec::new();
    card.score_into(&blocks[0], &mut out)?;
    let start = Instant::now();
    for i in 0..families.div_ceil(BLOCK) {
        card.score_into(&blocks[i % 4], &mut out)?;
        black_box(&out);
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "score: {families} families x 39 variables in {seconds:.2} s ({:.1} M/s)",
        families as f64 / seconds / 1e6
    );
    Ok(())
}

fn deciles(families: usize) -> Outcome {
    let mut chance = Chance::new(2);
    let scores: Vec<i32> = (0..families)
        .map(|_| {
            132_000 + ((chance.unit() + chance.unit() + chance.unit() - 1.5) * 12_000.0) as i32
        })
        .collect();
    let size: Vec<u16> = (0..families).map(|i| 1 + (i % 6) as u16).collect();
    let id: Vec<u64> = (0..families as u64).collect();
    let start = Instant::now();
    let people = cut::deciles(&scores, &size, &id, Unit::People)?;
    let exact = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let cutoffs = ranking::Cutoffs::of_population(&scores, &size, Unit::People)?;
    let by_cut = cutoffs.deciles(&scores);
    let seconds = start.elapsed().as_secs_f64();
    black_box((&people, &by_cut));
    println!(
        "deciles: {families} families, exact with tie rule {exact:.2} s; cut-offs and deciles by \
         cut-off {seconds:.2} s; memory {} bytes per family",
        4 + 2 + 8 + 1
    );
    Ok(())
}

fn live() -> Outcome {
    let mut chance = Chance::new(3);
    let n = 5_000_000;
    let mut scores: Vec<i32> =
        (0..n).map(|_| 132_000 + (chance.normal() * 4_000.0) as i32).collect();
    let size: Vec<u16> = (0..n).map(|i| 1 + (i % 6) as u16).collect();
    let mut live = LiveRank::new(&scores, &size, Unit::People);
    let changes: Vec<(usize, i32)> = (0..1_000_000)
        .map(|_| (chance.below(n) as usize, chance.between(-800, 800) as i32))
        .collect();
    let start = Instant::now();
    for &(row, step) in &changes {
        let place = live.change(scores[row], scores[row] + step, size[row]);
        scores[row] = place.score;
        black_box(place);
    }
    let each = start.elapsed().as_secs_f64() * 1e6 / changes.len() as f64;
    println!("live: one changed answer to new rank and decile {each:.3} microseconds");
    Ok(())
}

fn fit_large() -> Outcome {
    let frame = survey(70_000, 500, 4)?;
    for method in ["ols", "ridge", "auto"] {
        let mut settings = Settings::new("y", "v*");
        settings.method = method.into();
        settings.cluster = Some("cluster".into());
        settings.region = Some("region".into());
        let start = Instant::now();
        let model = fit(&frame, &settings)?;
        println!(
            "fit {method}: 70,000 households, 39 variables, 500 regions in {:.2} s (held-out R2 {:.3})",
            start.elapsed().as_secs_f64(),
            model.report.r2_held_out
        );
    }
    Ok(())
}

/// Two surveys drawn with replacement from the clusters of one, two models, no household changed:
/// who changes lists, with and without hysteresis.
fn churn(args: &[String]) -> Outcome {
    let get = |i: usize| args.get(i).filter(|a| !a.is_empty()).cloned();
    let path = get(0).ok_or("churn survey.csv target features [weight] [cluster] [region]")?;
    let target = get(1).ok_or("target")?;
    let mut settings = Settings::new(&target, &get(2).ok_or("features")?);
    settings.weight = get(3);
    settings.cluster = get(4);
    settings.region = get(5);
    let frame = ranking::read::read(std::path::Path::new(&path), &[])?;
    let y = frame.numbers(&target)?.to_vec();
    let n = frame.rows();
    let keys = match &settings.cluster {
        Some(name) => frame.keys(name)?,
        None => (0..n).map(|i| i.to_string()).collect(),
    };
    let mut names = keys.clone();
    names.sort_unstable();
    names.dedup();
    let repeats = 6;
    let margins = [0.0, 0.03, 0.05, 0.06, 0.08];
    let mut sums = vec![(0.0, 0.0, 0.0); margins.len()];
    let mut moved_decile = 0.0;
    for repeat in 0..repeats {
        let mut chance = Chance::at(1, 0xC4, repeat);
        // Half of the clusters are the population; the two surveys are drawn from the other half.
        let test_key: std::collections::BTreeSet<&String> =
            names.iter().filter(|_| chance.is(0.5)).collect();
        let pool: Vec<&String> = names.iter().filter(|k| !test_key.contains(k)).collect();
        let test: Vec<usize> = (0..n).filter(|&i| test_key.contains(&keys[i])).collect();
        let population = frame.take(&test);
        let truth: Vec<f64> = test.iter().map(|&i| y[i]).collect();
        let ranks: Vec<Vec<f64>> = (0..2)
            .map(|_| {
                let mut rows = Vec::new();
                for _ in 0..pool.len() {
                    let key = *chance.pick(&pool);
                    rows.extend((0..n).filter(|&i| keys[i] == *key));
                }
                let mut settings = settings.clone();
                settings.id = None;
                let model = fit(&frame.take(&rows), &settings)?;
                let score: Vec<f64> =
                    model.score(&population)?.iter().map(|&p| f64::from(p) / SCALE).collect();
                Ok(ranking::metrics::ranks(&score, &vec![1.0; score.len()]))
            })
            .collect::<Result<_, ranking::RankError>>()?;
        let moved = compare_lists(&ranks, &truth, &margins, &mut sums);
        moved_decile += moved;
    }
    let r = repeats as f64;
    println!("churn: {:.1} % change decile between two refits", 100.0 * moved_decile / r);
    for (sum, h) in sums.iter().zip(&margins) {
        println!(
            "  h = {:>2} rank points: {:.1} % change the 40 % list, targeting error {:.4}, list {:.1} %",
            h * 100.0,
            100.0 * sum.0 / r,
            sum.1 / r,
            100.0 * sum.2 / r
        );
    }
    Ok(())
}

/// Adds list changes, targeting error and list size per margin; returns the share of households
/// that change decile.
fn compare_lists(
    ranks: &[Vec<f64>],
    truth: &[f64],
    margins: &[f64],
    sums: &mut [(f64, f64, f64)],
) -> f64 {
    let m = truth.len() as f64;
    let poor = ranking::metrics::lowest(truth, &vec![1.0; truth.len()], 0.4);
    let all: f64 = poor.iter().sum();
    for (sum, &h) in sums.iter_mut().zip(margins) {
        let first: Vec<bool> = ranks[0].iter().map(|&r| r < 0.4).collect();
        let second: Vec<bool> =
            ranks[1].iter().zip(&first).map(|(&r, &on)| cut::settle(on, r, 0.4, h)).collect();
        let on = second.iter().filter(|&&s| s).count() as f64;
        let hit: f64 = second.iter().zip(&poor).map(|(&s, p)| if s { *p } else { 0.0 }).sum();
        sum.0 += first.iter().zip(&second).filter(|(a, b)| a != b).count() as f64 / m;
        sum.1 += 0.5 * (2.0 - hit / all - hit / on);
        sum.2 += on / m;
    }
    let decile = |r: f64| (r * 10.0) as u8;
    ranks[0].iter().zip(&ranks[1]).filter(|(a, b)| decile(**a) != decile(**b)).count() as f64 / m
}
