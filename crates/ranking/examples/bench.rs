//! Benchmarks of the room: `cargo run --release -p ranking --example bench -- [score|deciles|live|fit|churn|all] [families]`.
//!
//! `score` and `deciles` stream blocks of a million synthetic families through the scorecard and
//! count only the scoring (the blocks are made once and reused). `churn` needs a survey:
//! `churn survey.csv target features [weight] [cluster] [region]`.

use kernel::Chance;
use ranking::fit::Settings;
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

/// Two refits, no household changed: who changes lists, with and without hysteresis.
fn churn(args: &[String]) -> Outcome {
    let get = |i: usize| args.get(i).filter(|a| !a.is_empty()).cloned();
    let path = get(0).ok_or("churn survey.csv target features [weight] [cluster] [region]")?;
    let target = get(1).ok_or("target")?;
    let mut settings = Settings::new(&target, &get(2).ok_or("features")?);
    settings.weight = get(3);
    settings.cluster = get(4);
    settings.region = get(5);
    let frame = ranking::read::read(std::path::Path::new(&path), &[])?;
    let found = ranking::stability::stability(&frame, &settings, 6)?;
    println!(
        "churn: {:.1} % change decile between two refits, {} pairs",
        100.0 * found.changes_decile,
        found.repeats
    );
    for row in &found.margins {
        println!(
            "  h = {:>2} rank points: {:.1} % change the 40 % list, targeting error {:.4}, list {:.1} %",
            row.margin * 100.0,
            100.0 * row.changes_list,
            row.targeting_error,
            100.0 * row.list
        );
    }
    Ok(())
}
