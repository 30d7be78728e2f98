//! `padan edition residue`: who does not match the civil register fully, and why, for its clerks.

use crate::failure::Failure;
use edition::link::MatchReason;
use edition::records::NO_DATE;
use engine::{EngineError, read_table};
use kernel::Date;
use std::io::Write;
use std::path::Path;

/// Writes the list as CSV to `out`: those outside the register first, then those with a remark,
/// village by village.
pub fn run(edition: &Path, out: &Path, english: bool) -> Result<(), Failure> {
    let list = list(edition, english).map_err(Failure::input)?;
    let mut file =
        std::fs::File::create(out).map_err(|e| Failure::work(format!("{}: {e}", out.display())))?;
    file.write_all(list.text.as_bytes()).map_err(Failure::work)?;
    println!(
        "{} tidak padan, {} typo: {}",
        engine::progress::grouped(list.outside),
        engine::progress::grouped(list.remarks),
        out.display()
    );
    Ok(())
}

struct List {
    text: String,
    outside: u64,
    remarks: u64,
}

fn list(edition: &Path, english: bool) -> Result<List, EngineError> {
    let columns =
        ["person_id", "nik", "kk", "name", "birth_date", "village", "match_status", "match_reason"];
    let t = read_table(&edition.join("persons.parquet"), &columns)?;
    let (person, village) = (t.u64s("person_id", 0)?, t.u64s("village", 0)?);
    let (nik, kk) = (t.u64s("nik", 0)?, t.u64s("kk", 0)?);
    let (name, reason) = (t.texts("name")?, t.texts("match_reason")?);
    let (birth, status) = (t.dates("birth_date", NO_DATE)?, t.u8s("match_status", 1)?);
    let mut rows: Vec<usize> = (0..person.len()).filter(|row| status[*row] > 1).collect();
    rows.sort_by_key(|row| (std::cmp::Reverse(status[*row]), village[*row], person[*row]));
    let mut list = List {
        text: "status,desa,nama,nik,no_kk,tanggal_lahir,alasan,keterangan,id_orang\n".to_owned(),
        outside: 0,
        remarks: 0,
    };
    let number = |n: u64| if n == 0 { String::new() } else { format!("{n:016}") };
    for row in rows {
        let outside = status[row] == 3;
        *(if outside { &mut list.outside } else { &mut list.remarks }) += 1;
        let born = match birth[row] {
            NO_DATE => String::new(),
            days => Date::from_days(days).to_string(),
        };
        let code = reason.get(row);
        let said = MatchReason::ALL.into_iter().find(|r| r.word() == code);
        let words = said.map_or("", |r| if english { r.english() } else { r.indonesian() });
        list.text.push_str(&format!(
            "{},{},\"{}\",{},{},{born},{code},\"{words}\",{}\n",
            if outside { "tidak padan" } else { "typo" },
            village[row],
            name.get(row).replace('"', "\"\""),
            number(nik[row]),
            number(kk[row]),
            person[row],
        ));
    }
    Ok(list)
}
