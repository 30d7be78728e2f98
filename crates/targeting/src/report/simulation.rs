//! Scenarios side by side.

use super::page::{card, escape, page, table};
use super::region_name;
use super::svg::both_ways;
use super::words::Language;
use crate::frame::Frame;
use crate::meter::{Expected, age_band_words};
use crate::programme::Programme;
use crate::simulate::{Effect, Flow, Scenario};
use std::fmt::Write;

/// One scenario of one programme with its effect.
pub type Run<'a> = (&'a Programme, &'a Scenario, &'a Effect);

/// The page with all `runs`.
#[must_use]
pub fn simulation_html(frame: &Frame, edition: &str, runs: &[Run<'_>], l: Language) -> String {
    let title = l.say("Simulasi aturan program", "Simulation of programme rules");
    let mut out = format!(
        "<p class=\"soft\">Padan · {} {} · {}</p><h1>{title}</h1><p class=\"lead\">{}</p>",
        l.say("edisi", "edition"),
        escape(edition),
        frame.day(),
        l.say(
            "Apa yang terjadi bila aturan diubah, sebelum ditandatangani: siapa masuk, siapa \
             keluar, di mana, berapa biayanya. Pembanding adalah aturan yang berlaku.",
            "What a change of rules does, before it is signed: who enters, who leaves, where, and \
             what it costs. Compared with the rules in force."
        )
    );
    summary(&mut out, runs, l);
    for run in runs {
        section(&mut out, frame, run, l);
    }
    let _ = write!(out, "<p class=\"soft\"><small>{}</small></p>", l.say(
        "Kesalahan yang diharapkan memakai peluang setiap keluarga berada di dalam batas menurut \
         ketidakpastian modelnya; rentang 95% tidak memuat kesalahan yang sama bagi semua keluarga.",
        "Expected errors use each family's probability to be within the cut by the uncertainty of \
         its own estimate; the 95% range does not hold errors common to all families."
    ));
    page(l, title, &out)
}

fn summary(out: &mut String, runs: &[Run<'_>], l: Language) {
    let heads = [
        l.say("Skenario", "Scenario"),
        l.say("Daftar sekarang", "List by law"),
        l.say("Daftar skenario", "List in scenario"),
        l.say("Masuk", "Enter"),
        l.say("Keluar", "Leave"),
        l.say("Biaya setahun", "Cost a year"),
        l.say("Belum terjangkau*", "Undercoverage*"),
        l.say("Salah sasaran*", "Leakage*"),
        l.say("Keluar dari penerima kini", "Of the roll would leave"),
    ];
    let rows: Vec<Vec<String>> = runs
        .iter()
        .map(|(programme, scenario, e)| {
            let name = format!(
                "{} — {}",
                l.say(&programme.name.id, &programme.name.en),
                l.say(&scenario.name.id, &scenario.name.en)
            );
            vec![
                name,
                l.count(e.total.before),
                l.count(e.total.after),
                l.count(e.total.enters),
                l.count(e.total.leaves),
                format!(
                    "{}<br><small>{}</small>",
                    l.rupiah(e.cost_year),
                    signed(e.cost_year - e.law_cost_year, l)
                ),
                errors(e.law_errors, e.errors, |x| (x.undercoverage, x.undercoverage_range), l),
                errors(e.law_errors, e.errors, |x| (x.leakage, x.leakage_range), l),
                l.share(Some(e.churn_against_roll)),
            ]
        })
        .collect();
    let caption = l.say(
        "* diharapkan: aturan berlaku → skenario, ± rentang 95%",
        "* expected: law → scenario, ± 95% range",
    );
    table(out, caption, &heads, &rows);
}

/// A change of money with its sign.
fn signed(rupiah: i64, l: Language) -> String {
    let sign = if rupiah > 0 { "+" } else { "" };
    format!("{sign}{}", l.rupiah(rupiah))
}

fn errors(
    law: Option<Expected>,
    scenario: Option<Expected>,
    what: impl Fn(Expected) -> (f64, f64),
    l: Language,
) -> String {
    let (Some(law), Some(scenario)) = (law, scenario) else { return "–".into() };
    let (before, (after, range)) = (what(law).0, what(scenario));
    format!("{} → {} ±{}", l.share(Some(before)), l.share(Some(after)), l.decimal(range * 100.0, 1))
}

fn section(out: &mut String, frame: &Frame, run: &Run<'_>, l: Language) {
    let (programme, scenario, e) = run;
    let _ = write!(
        out,
        "<h2>{} — {}</h2><p class=\"soft\">{}</p><div class=\"cards\">",
        escape(l.say(&programme.name.id, &programme.name.en)),
        escape(l.say(&scenario.name.id, &scenario.name.en)),
        escape(&changes(programme, scenario, l)),
    );
    let list = l.say("pada daftar skenario", "on the scenario's list");
    card(
        out,
        &l.count(e.total.after),
        list,
        &l.change(e.total.after as i64 - e.total.before as i64),
        false,
    );
    card(out, &l.count(e.total.enters), l.say("masuk", "enter"), "", false);
    card(out, &l.count(e.total.leaves), l.say("keluar", "leave"), "", true);
    let cost = l.say("selisih biaya setahun", "change of cost a year");
    card(out, &signed(e.cost_year - e.law_cost_year, l), cost, &l.rupiah(e.cost_year), false);
    out.push_str("</div>");
    if e.total.enters + e.total.leaves == 0 {
        let _ = write!(out, "<p>{}</p>", l.say("Tidak ada yang berpindah.", "Nobody moves."));
        return;
    }
    let key = format!(
        "<figcaption class=\"key\"><span style=\"background:var(--miss)\"></span>{}\
         <span style=\"background:var(--in)\"></span>{}</figcaption>",
        l.say("keluar", "leave"),
        l.say("masuk", "enter")
    );
    out.push_str("<div class=\"split\">");
    let regions = e.regions.iter().map(|(code, flow)| (region_name(frame, *code, l), *flow));
    figure(out, l.say("Menurut kabupaten dan kota", "By regency and city"), regions, &key, l);
    let deciles = e.deciles.iter().map(|(d, flow)| (decile_words(*d, l), *flow));
    figure(out, l.say("Menurut desil", "By decile"), deciles, &key, l);
    figure(out, l.say("Menurut kelompok", "By group"), groups(e, l).into_iter(), &key, l);
    out.push_str("</div>");
    edge(out, frame, e, l);
}

fn changes(programme: &Programme, scenario: &Scenario, l: Language) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (key, value) in &scenario.changes {
        let name =
            programme.parameters.get(key).map_or(key.as_str(), |p| l.say(&p.name.id, &p.name.en));
        parts.push(format!("{name} = {value}"));
    }
    if let Some(quota) = &scenario.quota {
        parts.extend(quota.seats.map(|n| format!("{} = {}", l.say("kursi", "seats"), l.count(n))));
        let level = quota.level.as_ref();
        parts.extend(level.map(|w| format!("{} = {w}", l.say("kuota per", "quota by"))));
        parts.extend(quota.map.as_ref().map(|m| format!("{} = {m}", l.say("peta", "map"))));
    }
    for (key, factor) in &scenario.weights {
        let word = l.say("bobot", "weight of");
        parts.push(format!("{word} {key} × {}", l.decimal(*factor, 2)));
    }
    parts.join(" · ")
}

fn figure(
    out: &mut String,
    title: &str,
    rows: impl Iterator<Item = (String, Flow)>,
    key: &str,
    l: Language,
) {
    let rows: Vec<(String, f64, f64, String)> = rows
        .filter(|(_, f)| f.enters + f.leaves > 0)
        .map(|(name, f)| {
            let text = format!("{} / {}", l.change(-(f.leaves as i64)), l.change(f.enters as i64));
            (name, f.leaves as f64, f.enters as f64, text)
        })
        .collect();
    let _ =
        write!(out, "<figure><h3>{}</h3>{}{key}</figure>", escape(title), both_ways(title, &rows));
}

pub(super) fn decile_words(decile: u8, l: Language) -> String {
    if decile == 0 {
        l.say("Belum berperingkat", "Unranked").to_owned()
    } else {
        format!("{} {decile}", l.say("Desil", "Decile"))
    }
}

fn groups(e: &Effect, l: Language) -> Vec<(String, Flow)> {
    let mut rows = Vec::new();
    for (sex, flow) in &e.sexes {
        let word = match sex {
            1 => l.say("Laki-laki", "Male"),
            2 => l.say("Perempuan", "Female"),
            _ => l.say("Tidak diketahui", "Unknown"),
        };
        rows.push((word.to_owned(), *flow));
    }
    for (band, flow) in &e.ages {
        rows.push((format!("{} {}", l.say("Umur", "Age"), age_band_words(*band)), *flow));
    }
    for (size, flow) in &e.sizes {
        let members = ["", "1–2", "3–4", "5–6", "7+"].get(*size as usize).copied().unwrap_or("");
        rows.push((format!("{members} {}", l.say("anggota", "members")), *flow));
    }
    rows
}

fn edge(out: &mut String, frame: &Frame, e: &Effect, l: Language) {
    let heads = [
        l.say("Keluarga", "Family"),
        l.say("Desa/kelurahan", "Village"),
        l.say("Desil", "Decile"),
        l.say("Jarak ke batas (poin peringkat)", "Distance to the edge (rank points)"),
        l.say("Pada daftar", "On the list"),
    ];
    let rows: Vec<Vec<String>> = e
        .edge
        .iter()
        .take(10)
        .map(|edge| {
            vec![
                format!("F{}", edge.family_id),
                escape(&region_name(frame, edge.village, l)),
                edge.decile.to_string(),
                l.decimal(edge.points, 4),
                if edge.chosen { l.say("ya", "yes") } else { l.say("tidak", "no") }.to_owned(),
            ]
        })
        .collect();
    let caption = l.say(
        "Keluarga terdekat dengan batas (hanya untuk petugas yang berhak)",
        "Families nearest to the edge (for entitled officers only)",
    );
    table(out, caption, &heads, &rows);
}

/// All flows as CSV: scenario, kind (`total`, `region`, `decile`, `sex`, `age`, `size`), key, counts.
#[must_use]
pub fn simulation_csv(runs: &[Run<'_>]) -> String {
    let mut out = String::from("programme,scenario,by,key,before,after,enters,leaves\n");
    for (programme, scenario, e) in runs {
        let mut line = |by: &str, key: u64, f: &Flow| {
            let name = scenario.name.en.replace('"', "\"\"");
            let _ = writeln!(
                out,
                "{},\"{name}\",{by},{key},{},{},{},{}",
                programme.id, f.before, f.after, f.enters, f.leaves
            );
        };
        line("total", 0, &e.total);
        e.regions.iter().for_each(|(k, f)| line("region", *k, f));
        e.deciles.iter().for_each(|(k, f)| line("decile", u64::from(*k), f));
        e.sexes.iter().for_each(|(k, f)| line("sex", u64::from(*k), f));
        e.ages.iter().for_each(|(k, f)| line("age_band", u64::from(*k), f));
        e.sizes.iter().for_each(|(k, f)| line("size_band", u64::from(*k), f));
    }
    out
}
