//! `orang --records N --out FILE.parquet [--seed S]`: synthetic Indonesian persons with doubles, in
//! the manner of the register file of the benchmarks. Truth in `person_id`.
//!
//! A person is made anew from its number whenever one of its records is written, so that a file of
//! any size needs little memory, and the records of a person lie anywhere in it.
//!
//! About 1.5 records per person that is seen twice or more; 15 % of copies lack the NIK, 7 % have
//! it wrong, 10 % a slip in the name, 8 % a wrong date, 30 % another or no KK, half no mother.

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use kernel::chance::mix;
use kernel::{Chance, Date};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use rayon::prelude::*;
use std::fs::File;
use std::sync::Arc;

const HEADS: [&str; 40] = [
    "SU", "HAR", "MU", "SITI", "NUR", "AH", "RI", "WA", "SRI", "TRI", "KAR", "BU", "JO", "RUS",
    "SAL", "HAS", "ZU", "LA", "BA", "MAS", "RAH", "FAT", "YU", "DE", "EN", "IN", "AS", "RO", "TU",
    "KU", "SA", "DI", "MA", "HA", "NA", "PU", "GU", "WI", "YA", "TI",
];
const MIDDLES: [&str; 30] = [
    "MAR", "LA", "DI", "RI", "YO", "TI", "NO", "SI", "MI", "KA", "BAR", "WA", "DO", "LI", "NI",
    "TRI", "PAR", "GI", "SU", "ZA", "FI", "HI", "RA", "MU", "KO", "DE", "LE", "NA", "JI", "BU",
];
const TAILS: [&str; 24] = [
    "NI", "TO", "TI", "YAH", "MAN", "DI", "NA", "NO", "WATI", "YANTO", "DIN", "LAH", "RI", "SIH",
    "NAH", "YONO", "AH", "UN", "JA", "RAH", "TUN", "WAN", "IN", "LIS",
];

#[derive(Clone)]
struct Person {
    id: i64,
    name: String,
    sex: char,
    born: Date,
    village: u64,
    nik: String,
    mother: String,
    kk: String,
}

fn word(chance: &mut Chance) -> String {
    // A quarter of the words come from a short list, as in life.
    let skew = |chance: &mut Chance, n: usize| (chance.unit() * chance.unit() * n as f64) as usize;
    let mut text = HEADS[skew(chance, HEADS.len())].to_owned();
    if text.len() < 4 || chance.is(0.3) {
        if chance.is(0.6) {
            text.push_str(MIDDLES[skew(chance, MIDDLES.len())]);
        }
        text.push_str(TAILS[skew(chance, TAILS.len())]);
    }
    text
}

fn name(chance: &mut Chance) -> String {
    let count = chance.weighted(&[0.29, 0.45, 0.20, 0.06]) + 1;
    (0..count).map(|_| word(chance)).collect::<Vec<_>>().join(" ")
}

fn nik(village: u64, sex: char, born: Date, serial: u64) -> String {
    let (year, month, day) = born.ymd();
    let day = if sex == 'P' { day + 40 } else { day };
    format!("{:06}{day:02}{month:02}{:02}{serial:04}", village / 10_000, year % 100)
}

/// One family: parents, children, now and then twins.
fn family(chance: &mut Chance, number: i64, villages: &[u64], out: &mut Vec<Person>) {
    let mut next = number * FAMILY_MAX;
    let village = *chance.pick(villages);
    let kk = format!(
        "{:06}{:02}{:02}{:02}{:04}",
        village / 10_000,
        chance.between(1, 28),
        chance.between(1, 12),
        chance.between(5, 24),
        chance.between(1, 9_999)
    );
    let mut person = |chance: &mut Chance, sex: char, born: Date, mother: String, serial: u64| {
        next += 1;
        let name = name(chance);
        out.push(Person {
            id: next,
            name: name.clone(),
            sex,
            born,
            village,
            nik: nik(village, sex, born, serial),
            mother,
            kk: kk.clone(),
        });
        name
    };
    let old = Date::from_ymd(1940, 1, 1).map_or(0, Date::days) + chance.below(20_000) as i32;
    let heaped = |chance: &mut Chance, days: i32| {
        let date = Date::from_days(days);
        if chance.is(0.1) { Date::from_ymd(date.year(), 7, 1).unwrap_or(date) } else { date }
    };
    let first = heaped(chance, old);
    let grandmother = name(chance);
    let serial = 1 + chance.below(60) * 7 % 40;
    person(chance, 'L', first, grandmother, serial);
    let born = old + chance.below(3_000) as i32 - 1_000;
    let second = heaped(chance, born);
    let grandmother = name(chance);
    let serial = 1 + chance.below(60) * 7 % 40;
    let mother = person(chance, 'P', second, grandmother, serial);
    let mut born = old + 8_000;
    for _ in 0..chance.below(4) {
        born += 500 + chance.below(2_500) as i32;
        let sex = if chance.is(0.5) { 'L' } else { 'P' };
        let serial = 1 + chance.below(3);
        person(chance, sex, Date::from_days(born), mother.clone(), serial);
        if chance.is(0.012) {
            let sex = if chance.is(0.5) { 'L' } else { 'P' };
            person(chance, sex, Date::from_days(born), mother.clone(), 4);
        }
    }
}

fn slip(chance: &mut Chance, text: &str, letters: &[u8]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    if bytes.len() < 2 {
        return text.to_owned();
    }
    let at = chance.below(bytes.len() as u64 - 1) as usize;
    match chance.below(4) {
        0 => bytes[at] = *chance.pick(letters),
        1 => bytes.swap(at, at + 1),
        2 if letters.len() > 10 => drop(bytes.remove(at)),
        3 if letters.len() > 10 => bytes.insert(at, *chance.pick(letters)),
        _ => bytes[at] = *chance.pick(letters),
    }
    String::from_utf8(bytes).unwrap_or_default()
}

struct Copy {
    name: String,
    sex: Option<String>,
    born: Option<String>,
    village: Option<String>,
    nik: Option<String>,
    mother: Option<String>,
    kk: Option<String>,
}

fn copy(chance: &mut Chance, p: &Person, villages: &[u64], damaged: bool) -> Copy {
    let mut c = Copy {
        name: p.name.clone(),
        sex: Some(p.sex.to_string()),
        born: Some(p.born.to_string()),
        village: Some(p.village.to_string()),
        nik: Some(p.nik.clone()),
        mother: Some(p.mother.clone()),
        kk: Some(p.kk.clone()),
    };
    if !damaged {
        return c;
    }
    variants(chance, &mut c);
    if chance.is(0.10) {
        c.name = slip(chance, &c.name, b"ABDEGHIKLMNOPRSTUWY");
    }
    match chance.unit() {
        x if x < 0.15 => c.nik = None,
        x if x < 0.22 => c.nik = Some(slip(chance, &p.nik, b"0123456789")),
        _ => {}
    }
    if chance.is(0.08) {
        let (y, m, d) = p.born.ymd();
        c.born = match chance.below(3) {
            0 if d <= 12 => Some(format!("{y:04}-{d:02}-{m:02}")),
            1 => Some(format!("{:04}-{m:02}-{d:02}", y + 1)),
            _ => Date::from_ymd(y, m, 1 + chance.below(28) as u32).map(|d| d.to_string()),
        };
    }
    if chance.is(0.08) {
        c.village = Some(chance.pick(villages).to_string());
    }
    match chance.unit() {
        x if x < 0.10 => c.kk = None,
        x if x < 0.30 => c.kk = Some(format!("{}{:010}", &p.kk[..6], chance.below(9_999_999_999))),
        _ => {}
    }
    match chance.unit() {
        x if x < 0.20 => c.mother = None,
        x if x < 0.35 => c.mother = Some(slip(chance, &p.mother, b"ABDEGHIKLMNOPRSTUWY")),
        x if x < 0.50 => c.mother = p.mother.split(' ').next().map(str::to_owned),
        _ => {}
    }
    if chance.is(0.005) {
        c.sex = Some(if p.sex == 'L' { "P" } else { "L" }.to_owned());
    }
    c
}

fn variants(chance: &mut Chance, c: &mut Copy) {
    let words: Vec<&str> = c.name.split(' ').collect();
    c.name = match chance.below(10) {
        0 => format!("H. {}", c.name),
        1 => format!("{} S.PD", c.name),
        2 if words.len() > 1 => words[0].to_owned(),
        3 if words.len() > 1 => format!("{} {}", &words[0][..1], words[1..].join(" ")),
        4 if words.len() > 1 => words.iter().rev().copied().collect::<Vec<_>>().join(" "),
        5 if words.len() > 1 => words.concat(),
        _ => return,
    };
}

/// Most members of a family.
const FAMILY_MAX: i64 = 16;

/// The records of a family, those of one person side by side.
fn records_of(seed: u64, number: usize, villages: &[u64], out: &mut Vec<(i64, Copy)>) {
    let mut chance = Chance::at(seed, 1, number as u64);
    let mut people = Vec::new();
    family(&mut chance, number as i64, villages, &mut people);
    out.clear();
    for person in &people {
        out.push((person.id, copy(&mut chance, person, villages, false)));
        while chance.is(0.2) {
            out.push((person.id, copy(&mut chance, person, villages, true)));
        }
    }
}

/// A place in `0..len` for every row: a shuffle that needs no table (a Feistel network over the next
/// power of four, walked until it falls inside).
fn shuffled(seed: u64, row: u64, len: u64) -> u64 {
    let half = (64 - (len - 1).leading_zeros()).div_ceil(2).max(1);
    let mask = (1u64 << half) - 1;
    let mut at = row;
    loop {
        let (mut left, mut right) = (at >> half, at & mask);
        for round in 0..4 {
            (left, right) = (right, left ^ (mix(right ^ seed ^ (round << 48)) & mask));
        }
        at = left << half | right;
        if at < len {
            return at;
        }
    }
}

/// Rows written at a time.
const ROWS: usize = 1 << 18;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let option =
        |name: &str| args.iter().position(|a| a == name).and_then(|at| args.get(at + 1)).cloned();
    let records: usize = option("--records").and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let seed: u64 = option("--seed").and_then(|n| n.parse().ok()).unwrap_or(7);
    let out = option("--out").ok_or("usage: orang --records N --out FILE.parquet")?;
    let villages: Vec<u64> = (0..(records as u64 / 1_500).clamp(100, 8_000))
        .map(|v| 5_201_010_000 + v / 12 * 10_000 + 2_001 + v % 12)
        .collect();
    // Families until there are records enough, and where the records of each begin.
    let mut starts = vec![0usize];
    while starts[starts.len() - 1] < records {
        let from = starts.len() - 1;
        let sizes: Vec<usize> = (from..from + ROWS)
            .into_par_iter()
            .map_init(Vec::new, |rows, number| {
                records_of(seed, number, &villages, rows);
                rows.len()
            })
            .collect();
        for size in sizes {
            starts.push(starts[starts.len() - 1] + size);
        }
    }
    let mut writer: Option<ArrowWriter<File>> = None;
    for from in (0..records).step_by(ROWS) {
        let rows: Vec<(i64, Copy)> = (from..(from + ROWS).min(records))
            .into_par_iter()
            .map_init(Vec::new, |rows, row| {
                let at = shuffled(seed, row as u64, records as u64) as usize;
                let number = starts.partition_point(|&start| start <= at) - 1;
                records_of(seed, number, &villages, rows);
                rows.swap_remove(at - starts[number])
            })
            .collect();
        let batch = batch(from, &rows)?;
        let writer = match &mut writer {
            Some(writer) => writer,
            None => {
                let properties =
                    WriterProperties::builder().set_compression(Compression::SNAPPY).build();
                writer.insert(ArrowWriter::try_new(
                    File::create(&out)?,
                    batch.schema(),
                    Some(properties),
                )?)
            }
        };
        writer.write(&batch)?;
    }
    if let Some(writer) = writer {
        writer.close()?;
    }
    Ok(())
}

fn batch(from: usize, rows: &[(i64, Copy)]) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let text = |f: &dyn Fn(&Copy) -> Option<&str>| {
        Arc::new(rows.iter().map(|(_, c)| f(c)).collect::<StringArray>()) as ArrayRef
    };
    let ids = from as i64..(from + rows.len()) as i64;
    RecordBatch::try_from_iter(vec![
        ("rec_id", Arc::new(Int64Array::from_iter_values(ids)) as ArrayRef),
        ("person_id", Arc::new(Int64Array::from_iter_values(rows.iter().map(|(id, _)| *id)))),
        ("nama", text(&|c| Some(&c.name))),
        ("jk", text(&|c| c.sex.as_deref())),
        ("tgl_lahir", text(&|c| c.born.as_deref())),
        ("kode_desa", text(&|c| c.village.as_deref())),
        ("nik", text(&|c| c.nik.as_deref())),
        ("nama_ibu", text(&|c| c.mother.as_deref())),
        ("no_kk", text(&|c| c.kk.as_deref())),
    ])
}
