//! The sections on home visits and on what moves when nothing has changed.

use super::svg::{Bar, percent, shares};
use super::{figure, text};
use crate::evaluate::Evaluation;
use crate::stability::Stability;
use std::fmt::Write;

/// Home visits at random and by the queue.
pub(super) fn visits(e: &Evaluation) -> String {
    let Some(first) = e.visits.first() else { return String::new() };
    let bar = |label: String, value: f64, strong: bool| Bar { label, value, half: 0.0, strong };
    let mut bars = vec![bar("tanpa kunjungan".into(), first.before, false)];
    for gain in &e.visits {
        let share = (gain.share * 100.0).round();
        bars.push(bar(format!("{share} % dikunjungi acak"), gain.random, false));
        bars.push(bar(format!("{share} % menurut antrean"), gain.queue, true));
    }
    let times = (first.before - first.queue) / (first.before - first.random).max(1e-9);
    let id = format!(
        "Kesalahan sasaran daftar 40 % bila sebagian keluarga dikunjungi dan keadaannya diketahui. \
         Antrean mendahulukan keluarga yang paling tidak pasti di dekat batas: {} kali lebih \
         berguna daripada kunjungan acak.",
        format!("{times:.1}").replace('.', ",")
    );
    let en = "Targeting error of a 40 % list after home visits that learn the truth: at random, and \
              by the queue (most uncertain near the cut first).";
    text::section("Ke mana petugas berkunjung", "Where to visit") + &figure(&shares(&bars), &id, en)
}

/// Churn between two refits by the margin of hysteresis.
pub(super) fn moving(s: &Stability) -> String {
    let bars: Vec<Bar> = s
        .margins
        .iter()
        .map(|row| Bar {
            label: format!("h = {:.0} poin peringkat", row.margin * 100.0),
            value: row.changes_list,
            half: 0.0,
            strong: row.margin == 0.0,
        })
        .collect();
    let id = format!(
        "Bagian keluarga yang masuk atau keluar daftar 40 % antara dua penghitungan ulang dari dua \
         sampel survei, padahal tidak ada yang berubah. h menahan keluarga di tempatnya sampai \
         peringkatnya melewati batas sejauh h. Tanpa h, {} keluarga berganti desil.",
        percent(s.changes_decile)
    );
    let en = format!(
        "Spurious churn between two refits ({} pairs), no household changed, by the hysteresis h.",
        s.repeats
    );
    let mut table = String::from(
        "<table><tr><th>h, poin peringkat</th><th>berganti daftar</th><th>kesalahan 40 %</th>\
         <th>besar daftar</th></tr>",
    );
    for row in &s.margins {
        let _ = write!(
            table,
            "<tr><td>{:.0}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            row.margin * 100.0,
            percent(row.changes_list),
            percent(row.targeting_error),
            percent(row.list)
        );
    }
    text::section("Berpindah tanpa sebab", "Moving without a cause")
        + &figure(&shares(&bars), &id, &en)
        + &table
        + "</table>"
}
