//! Dates, deadlines and steps in words.

use casework::{CaseRow, Tables, day_of, is_end};
use kernel::Date;
use web::Lang;
pub(crate) use web::format::name;

const DAYS: [&str; 7] = ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"];

/// `22 November 2026`.
pub(crate) fn date(date: Date) -> String {
    web::format::date(Lang::Id, date)
}

/// `Minggu, 22 November 2026`.
pub(crate) fn long_date(day: Date) -> String {
    format!("{}, {}", DAYS[day.weekday() as usize - 1], date(day))
}

/// `22 November 10.42`, in WITA.
pub(crate) fn instant(ms: i64) -> String {
    let (_, month, day) = day_of(ms).ymd();
    let minute = (ms + 8 * 3_600_000).div_euclid(60_000).rem_euclid(1_440);
    format!(
        "{day} {} {:02}.{:02}",
        web::format::month_name(Lang::Id, month),
        minute / 60,
        minute % 60
    )
}

/// A deadline in words: `Terlambat 2 hari`, `Hari ini`, `Besok`, `5 hari lagi`.
pub(crate) fn due(case: &CaseRow, now: i64) -> String {
    match case.days_late(now) {
        late if late > 0 => format!("Terlambat {late} hari"),
        0 => "Hari ini".to_owned(),
        -1 => "Besok".to_owned(),
        left => format!("{} hari lagi", -left),
    }
}

/// The CSS class of a row by its deadline.
pub(crate) fn urgency(case: &CaseRow, now: i64) -> &'static str {
    match case.days_late(now) {
        late if late > 0 || case.escalations > 0 => "telat",
        -1..=0 => "dekat",
        _ => "",
    }
}

/// The state of a case for people.
pub(crate) fn state(tables: &Tables, step: &str) -> String {
    match step {
        "accepted" => "Diterima".to_owned(),
        "rejected" => "Belum dapat diterima".to_owned(),
        "withdrawn" => "Ditarik kembali".to_owned(),
        step => tables.step(step).map_or_else(|_| step.to_owned(), |rule| rule.name.clone()),
    }
}

/// The class of the tag of a state.
pub(crate) fn tag(step: &str) -> &'static str {
    match step {
        "accepted" => "ya",
        "rejected" => "tidak",
        step if is_end(step) => "",
        _ => "tunggu",
    }
}

/// An event of a case as a heading.
pub(crate) fn event(tables: &Tables, kind: &str, step: &str, decision: Option<&str>) -> String {
    let decided =
        decision.and_then(|id| tables.step(step).ok()?.decision.iter().find(|rule| rule.id == id));
    match (kind, decided) {
        (_, Some(rule)) => rule.name.clone(),
        ("report", _) => "Laporan diterima".to_owned(),
        ("report_joined", _) => "Laporan lain tentang hal yang sama digabungkan".to_owned(),
        ("late", _) => "Tenggat terlewat, dinaikkan ke tingkat berikutnya".to_owned(),
        ("appeal", _) => "Banding diajukan".to_owned(),
        ("withdrawn", _) => "Laporan ditarik kembali".to_owned(),
        ("evidence", _) => "Bukti ditambahkan".to_owned(),
        (other, _) => other.to_owned(),
    }
}
