//! `look_up SPEC.toml MODEL.json DIR [--probes N] [--inserts N]`: an index of the settings' inputs in
//! DIR (opened when it is there), and the time of single look-ups and of inserts, on disk and in
//! memory apart. Given `-` for DIR the index is made in memory only.

use linkage::model::Model;
use linkage::spec::Spec;
use linkage::table::{Records, Table};
use linkage::values::Values;
use linkage::{Index, load};
use std::path::Path;
use std::time::Instant;

fn part(records: &Records, rows: impl Iterator<Item = usize> + Clone, mark: &str) -> Records {
    let mut table = Table::default();
    for (name, column) in &records.table.columns {
        let texts = rows.clone().map(|row| Some(column.text(row)));
        table.push(name, texts).unwrap_or_default();
    }
    let mut ids = Values::default();
    for row in rows {
        ids.push(format!("{mark}{}", records.id(row as u32)).as_bytes());
    }
    Records { starts: vec![0, table.rows as u32], ids, table }
}

fn run(args: &[String]) -> Result<(), linkage::LinkError> {
    let number = |flag: &str, default: usize| {
        let at = args.iter().position(|a| a == flag).and_then(|at| args.get(at + 1));
        at.and_then(|n| n.parse().ok()).unwrap_or(default)
    };
    let (settings, model, folder) = (&args[0], &args[1], Path::new(&args[2]));
    let spec = Spec::read(Path::new(settings))?;
    let records = load::load(&spec)?;
    let began = Instant::now();
    let on_disk = folder != Path::new("-");
    let mut index = if on_disk && folder.exists() {
        Index::open(folder)?
    } else {
        let text = std::fs::read_to_string(settings).unwrap_or_default();
        let model = Model::read(Path::new(model))?;
        let mut index = match on_disk {
            true => Index::create(folder, &text, &model, records.table.clone())?,
            false => Index::new(spec.clone(), &model, records.table.clone())?,
        };
        println!("ground in {:.2} s", began.elapsed().as_secs_f64());
        index.add(records.clone(), &spec.inputs[0].name)?;
        index
    };
    println!("{} records ready in {:.2} s", index.len(), began.elapsed().as_secs_f64());
    let probes = number("--probes", 10_000);
    let mut micros: Vec<f64> = Vec::with_capacity(probes);
    let (mut found, mut candidates) = (0, 0);
    for at in 0..probes {
        let row = at * 7_919 % records.len();
        let probe = part(&records, row..row + 1, "");
        let began = Instant::now();
        let hits = index.find(probe.table, "desk")?;
        micros.push(began.elapsed().as_secs_f64() * 1e6);
        found += usize::from(
            hits.first().is_some_and(|h| h.id == records.id(row as u32) || h.weight > 0.0),
        );
        candidates += hits.len();
    }
    micros.sort_by(f64::total_cmp);
    let share = |p: f64| micros[((micros.len() - 1) as f64 * p) as usize];
    println!(
        "{probes} look-ups: p50 {:.0} µs, p99 {:.0} µs, max {:.0} µs; {found} found, {:.1} kept each",
        share(0.5),
        share(0.99),
        share(1.0),
        candidates as f64 / probes as f64
    );
    let inserts = number("--inserts", 10_000);
    if on_disk {
        batch(&mut index, &records, "on disk", inserts)?;
        singles(&mut index, &records, "on disk, synced one by one", 200)?;
    }
    let mut index = index.in_memory();
    for _ in 0..3 {
        batch(&mut index, &records, "in memory", inserts)?;
    }
    singles(&mut index, &records, "in memory", 10_000)
}

fn batch(
    index: &mut Index,
    records: &Records,
    how: &str,
    inserts: usize,
) -> Result<(), linkage::LinkError> {
    let stamp = index.len();
    let rows = (0..inserts).map(|at| (at * 104_729 + stamp) % records.len());
    let more = part(records, rows, &format!("n{stamp}-"));
    let began = Instant::now();
    let added = index.add(more, "later")?;
    println!(
        "{inserts} inserted in one batch, {how}: {:.3} s, {} new persons, {} merges and splits",
        began.elapsed().as_secs_f64(),
        added.new_persons,
        added.events.len()
    );
    Ok(())
}

fn singles(
    index: &mut Index,
    records: &Records,
    how: &str,
    count: usize,
) -> Result<(), linkage::LinkError> {
    let mut micros: Vec<f64> = Vec::new();
    for at in 0..count {
        let row = (at + 1) * 15_485_863 % records.len();
        let one = part(records, row..row + 1, &format!("{how}-{}-", index.len()));
        let began = Instant::now();
        index.add(one, "desk")?;
        micros.push(began.elapsed().as_secs_f64() * 1e6);
    }
    micros.sort_by(f64::total_cmp);
    println!(
        "{count} single inserts, {how}, persons renewed: p50 {:.0} µs, p99 {:.0} µs",
        micros[count / 2],
        micros[count * 99 / 100]
    );
    Ok(())
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.len() < 3 {
        eprintln!("usage: look_up SPEC.toml MODEL.json DIR [--probes N] [--inserts N]");
    } else if let Err(error) = run(&args) {
        eprintln!("error: {error}");
    }
}
