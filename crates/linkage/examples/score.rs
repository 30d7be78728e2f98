//! `score DIR --truth FILE.parquet|csv --id COLUMN --person COLUMN [--pattern PREFIX-DASH]`:
//! how right a run was. Pairs are swept over all thresholds; clusters count all pairs inside them.
//!
//! `--febrl` takes the person from ids such as `rec-12-dup-3` instead of a column.

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use linkage::spec::Spec;
use linkage::table::Table;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn option(args: &[String], name: &str) -> Option<String> {
    args.iter().position(|a| a == name).and_then(|at| args.get(at + 1)).cloned()
}

fn work() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let dir = PathBuf::from(
        args.first().ok_or("usage: score DIR --truth FILE --id COL --person COL | --febrl")?,
    );
    let clusters = columns(&dir.join("clusters.parquet"), &["source", "id", "cluster_id"])?;
    let truth: HashMap<(String, String), String> = if args.iter().any(|a| a == "--febrl") {
        (0..clusters.rows)
            .map(|r| (key(&clusters, r, 0, 1), person_of_febrl(clusters.columns[1].1.text(r))))
            .collect()
    } else {
        let file = option(&args, "--truth").ok_or("--truth FILE is missing")?;
        let (id, person) =
            (option(&args, "--id").ok_or("--id")?, option(&args, "--person").ok_or("--person")?);
        truth_of(&file, &id, &person, &clusters)?
    };
    let person = |k: &(String, String)| truth.get(k).cloned().unwrap_or_default();
    let link = args.iter().any(|a| a == "--link");
    let total = all_pairs(
        (0..clusters.rows)
            .map(|r| (person(&key(&clusters, r, 0, 1)), clusters.columns[0].1.text(r).to_owned())),
        link,
    );
    sweep(&dir, &person, total)?;
    let found = all_pairs(
        (0..clusters.rows).map(|r| {
            (clusters.columns[2].1.text(r).to_owned(), clusters.columns[0].1.text(r).to_owned())
        }),
        link,
    );
    let right = all_pairs(
        (0..clusters.rows).map(|r| {
            (
                format!("{}|{}", clusters.columns[2].1.text(r), person(&key(&clusters, r, 0, 1))),
                clusters.columns[0].1.text(r).to_owned(),
            )
        }),
        link,
    );
    println!("clusters: {}", prf(right, found, total));
    Ok(())
}

fn person_of_febrl(id: &str) -> String {
    id.split('-').take(2).collect::<Vec<_>>().join("-")
}

fn key(table: &Table, row: usize, source: usize, id: usize) -> (String, String) {
    (table.columns[source].1.text(row).to_owned(), table.columns[id].1.text(row).to_owned())
}

/// Pairs of equal labels; with `link` only pairs of different sources.
fn all_pairs(labels: impl Iterator<Item = (String, String)>, link: bool) -> u64 {
    let mut groups: HashMap<String, HashMap<String, u64>> = HashMap::new();
    for (label, source) in labels {
        *groups.entry(label).or_default().entry(source).or_default() += 1;
    }
    let pairs = |n: u64| n * n.saturating_sub(1) / 2;
    groups
        .values()
        .map(|sources| {
            let all = pairs(sources.values().sum());
            if link { all - sources.values().map(|n| pairs(*n)).sum::<u64>() } else { all }
        })
        .sum()
}

fn prf(right: u64, found: u64, total: u64) -> String {
    let p = right as f64 / found.max(1) as f64;
    let r = right as f64 / total.max(1) as f64;
    format!(
        "P {p:.5} R {r:.5} F1 {:.5} ({} false, {} missed)",
        2.0 * p * r / (p + r).max(1e-12),
        found - right,
        total - right
    )
}

fn sweep(
    dir: &Path,
    person: &dyn Fn(&(String, String)) -> String,
    total: u64,
) -> Result<(), Failure> {
    let names = ["left_source", "left_id", "right_source", "right_id"];
    let table = columns(&dir.join("pairs.parquet"), &names)?;
    let weights = weights(&dir.join("pairs.parquet"))?;
    let mut pairs: Vec<(f64, bool)> = (0..table.rows)
        .map(|r| {
            let (a, b) = (person(&key(&table, r, 0, 1)), person(&key(&table, r, 2, 3)));
            (weights[r], !a.is_empty() && a == b)
        })
        .collect();
    pairs.sort_by(|x, y| y.0.total_cmp(&x.0));
    let (mut right, mut best) = (0u64, (0.0, 0.0, String::new()));
    let mut fixed: Vec<(f64, String)> = Vec::new();
    let bounds = [0.99, 0.95, 0.9, 0.5, 0.1].map(|p: f64| (p, (p / (1.0 - p)).log2()));
    let mut next = 0;
    for (at, (weight, same)) in pairs.iter().enumerate() {
        while next < bounds.len() && *weight < bounds[next].1 {
            fixed.push((bounds[next].0, prf(right, at as u64, total)));
            next += 1;
        }
        right += u64::from(*same);
        let found = at as u64 + 1;
        let f1 = 2.0 * right as f64 / (found + total) as f64;
        if f1 > best.0 {
            best = (f1, *weight, prf(right, found, total));
        }
    }
    println!(
        "pairs kept: {}, true pairs in all: {total}, true kept: {right} ({:.5})",
        pairs.len(),
        right as f64 / total as f64
    );
    println!("best at weight {:.2}: {}", best.1, best.2);
    for (p, line) in fixed {
        println!("probability {p}: {line}");
    }
    Ok(())
}

fn batches(path: &Path) -> Result<Vec<arrow_array::RecordBatch>, Failure> {
    Ok(ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?
        .build()?
        .collect::<Result<_, _>>()?)
}

fn columns(path: &Path, names: &[&str]) -> Result<Table, Failure> {
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    Ok(Table::from_batches(&batches(path)?, &names)?)
}

fn weights(path: &Path) -> Result<Vec<f64>, Failure> {
    let mut out = Vec::new();
    for batch in batches(path)? {
        let column = batch.column_by_name("match_weight").ok_or("no match_weight")?;
        out.extend(column.as_primitive::<Float64Type>().values().iter());
    }
    Ok(out)
}

/// Person of every (source, id) from a file with an id and a person column.
fn truth_of(
    file: &str,
    id: &str,
    person: &str,
    clusters: &Table,
) -> Result<HashMap<(String, String), String>, Failure> {
    let text = format!(
        "mode = \"dedupe\"\n[[input]]\nname = \"x\"\npath = {file:?}\nid = {id:?}\n[[compare]]\ncolumn = \"`{person}`\"\nmethod = \"exact\"\n[[block]]\nkeys = [\"`{person}`\"]\n"
    );
    let spec = Spec::parse(&text, "truth", Path::new(""))?;
    let records = linkage::load::load(&spec)?;
    let by_id: HashMap<String, String> = (0..records.len())
        .map(|r| (records.id(r as u32).to_owned(), records.table.columns[0].1.text(r).to_owned()))
        .collect();
    Ok((0..clusters.rows)
        .map(|r| {
            (
                key(clusters, r, 0, 1),
                by_id.get(clusters.columns[1].1.text(r)).cloned().unwrap_or_default(),
            )
        })
        .collect())
}
