//! One programme on one edition: coverage by decile, causes, regions, the list, the rule itself.

use super::page::{card, escape, page, table, words_table};
use super::region_name;
use super::simulation::decile_words;
use super::svg::{Bar, bars};
use super::words::Language;
use crate::TargetError;
use crate::frame::Frame;
use crate::meter::{
    Cause, Cell, Expected, Rates, Total, age_band_words, expected_by_region, expected_of,
    probabilities, totals,
};
use crate::programme::{Changes, Effect, Programme};
use crate::run::Outcome;
use crate::schema::TableKind;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Everything a report stands on.
pub struct EditionReport<'a> {
    /// The frame.
    pub frame: &'a Frame,
    /// Name of the edition.
    pub edition: &'a str,
    /// The programme.
    pub programme: &'a Programme,
    /// Its outcome.
    pub outcome: &'a Outcome,
    /// Its cells.
    pub cells: &'a [Cell],
    /// Expected errors, if the programme has a cut.
    pub expected: Option<Expected>,
    /// The same by regency or city.
    pub expected_by_regency: BTreeMap<u64, Expected>,
}

impl<'a> EditionReport<'a> {
    /// A report of `outcome`, with expected errors where the programme has a cut.
    ///
    /// # Errors
    /// When the programme has no value for its cut on the edition's day.
    pub fn new(
        frame: &'a Frame,
        edition: &'a str,
        programme: &'a Programme,
        outcome: &'a Outcome,
        cells: &'a [Cell],
    ) -> Result<Self, TargetError> {
        let (unit, listed) = (outcome.unit, outcome.listed.as_slice());
        let (mut expected, mut expected_by_regency) = (None, BTreeMap::new());
        if let Some(key) = &programme.need.cut {
            let values = programme.values_on(frame.day(), &Changes::new())?;
            let within = probabilities(frame, programme.number(key, &values)?);
            expected = expected_of(frame, unit, &within, listed);
            expected_by_regency = expected_by_region(frame, unit, &within, listed, 1_000_000);
        }
        Ok(Self { frame, edition, programme, outcome, cells, expected, expected_by_regency })
    }
}

/// The page.
///
/// # Errors
/// When the programme has no value for its cut on the edition's day.
pub fn edition_html(r: &EditionReport<'_>, l: Language) -> Result<String, TargetError> {
    let name = l.say(&r.programme.name.id, &r.programme.name.en);
    let cut = cut(r)?;
    let all = totals(r.cells, |_| ()).remove(&()).unwrap_or_default();
    let mut out = format!(
        "<p class=\"soft\">Padan · {} {} · {}</p><h1>{}</h1>",
        l.say("edisi", "edition"),
        escape(r.edition),
        r.frame.day(),
        escape(name)
    );
    headline(&mut out, r, cut, all, l);
    let _ = write!(out, "<div class=\"split\">");
    decile_figure(&mut out, r, l);
    cause_figure(&mut out, r, l);
    out.push_str("</div>");
    region_table(&mut out, r, cut, l);
    group_table(&mut out, r, cut, l);
    list_table(&mut out, r, l);
    review_table(&mut out, r, l);
    rule_table(&mut out, r, l);
    Ok(page(l, name, &out))
}

fn cut(r: &EditionReport<'_>) -> Result<Option<u8>, TargetError> {
    let Some(key) = &r.programme.need.cut else { return Ok(None) };
    let values = r.programme.values_on(r.frame.day(), &Changes::new())?;
    Ok(Some(r.programme.number(key, &values)? as u8))
}

const fn unit(r: &EditionReport<'_>, l: Language) -> &'static str {
    match r.programme.unit {
        TableKind::Person => l.say("orang", "people"),
        TableKind::Family => l.say("keluarga", "families"),
    }
}

/// The rates to show: against the cut, or against the rules when there is no cut.
fn rates(cells: &[Cell], cut: Option<u8>) -> Rates {
    match cut {
        Some(cut) => Rates::by_decile(cells, cut),
        None => totals(cells, |_| ()).remove(&()).unwrap_or_default().rates(),
    }
}

fn headline(out: &mut String, r: &EditionReport<'_>, cut: Option<u8>, all: Total, l: Language) {
    let shown = rates(r.cells, cut);
    let within = cut.map_or_else(
        || l.say("yang berhak", "of the eligible").to_owned(),
        |c| format!("{} 1–{c}", l.say("desil", "of deciles")),
    );
    let sentence = match l {
        Language::Indonesian => format!(
            "{} {within} belum menjadi penerima; {} penerima berada di luarnya.",
            l.share(shown.undercoverage),
            l.share(shown.leakage)
        ),
        Language::English => format!(
            "{} {within} are not on the roll; {} of the roll is outside.",
            l.share(shown.undercoverage),
            l.share(shown.leakage)
        ),
    };
    let _ = write!(out, "<p class=\"lead\">{}</p><div class=\"cards\">", escape(&sentence));
    let unit = unit(r, l);
    card(out, &l.count(all.listed()), l.say("penerima kini", "on the roll now"), unit, false);
    card(
        out,
        &l.count(all.eligible()),
        l.say("memenuhi semua syarat", "meet every rule"),
        unit,
        false,
    );
    let chosen = r.outcome.chosen_count() as u64;
    card(
        out,
        &l.count(chosen),
        l.say("seharusnya pada daftar", "should be on the list"),
        &l.rupiah(r.outcome.cost_year()),
        false,
    );
    let range = |x: f64| format!("± {}", l.decimal(x * 100.0, 1));
    if let Some(e) = r.expected {
        let label = l.say("belum terjangkau, diharapkan", "undercoverage, expected");
        card(out, &l.share(Some(e.undercoverage)), label, &range(e.undercoverage_range), true);
        let label = l.say("salah sasaran, diharapkan", "leakage, expected");
        card(out, &l.share(Some(e.leakage)), label, &range(e.leakage_range), true);
    }
    out.push_str("</div>");
    if r.expected.is_some() {
        let _ = write!(out, "<p class=\"soft\"><small>{}</small></p>", l.say(
            "Diharapkan: desil adalah perkiraan, maka setiap keluarga dihitung dengan peluangnya \
                 berada di dalam batas. Dianggap bahwa, pada skor yang sama, penerima tidak lebih \
                 miskin daripada bukan penerima; bila lebih miskin, kesalahan sebenarnya lebih kecil. \
                 Pemeriksaan lapangan yang menentukan.",
                "Expected: a decile is an estimate, so each family counts with its probability to be \
                 within the cut. It takes those on the roll as no poorer than others of the same \
                 score; where they are poorer, true errors are smaller. Ground checks decide."
        ));
    }
}

fn decile_figure(out: &mut String, r: &EditionReport<'_>, l: Language) {
    let by = totals(r.cells, |c| c.decile);
    let rows: Vec<Bar> = (1..=10)
        .chain([0])
        .map(|d| {
            let t = by.get(&d).copied().unwrap_or_default();
            let all = t.listed() + t.unlisted();
            let share = (all > 0).then(|| t.listed() as f64 / all as f64);
            Bar {
                label: decile_words(d, l),
                parts: vec![(t.listed() as f64, "--in"), (t.unlisted() as f64, "--out")],
                text: format!("{} ({})", l.count(t.listed()), l.share(share)),
            }
        })
        .collect();
    let title = l.say("Penerima menurut desil", "On the roll, by decile");
    let _ = write!(
        out,
        "<figure><h2>{title}</h2>{}<figcaption class=\"key\">\
         <span style=\"background:var(--in)\"></span>{}<span style=\"background:var(--out)\"></span>{}\
         </figcaption></figure>",
        bars(title, &rows),
        l.say("penerima", "on the roll"),
        l.say("bukan penerima", "not on the roll"),
    );
}

fn cause_figure(out: &mut String, r: &EditionReport<'_>, l: Language) {
    let by = totals(r.cells, |c| c.cause);
    let rows: Vec<Bar> = Cause::ALL
        .into_iter()
        .filter(|c| *c != Cause::None)
        .map(|cause| {
            let t = by.get(&(cause as u8)).copied().unwrap_or_default();
            Bar {
                label: l.pick(cause.words()).to_owned(),
                parts: vec![(t.unlisted() as f64, "--miss"), (t.listed_ineligible as f64, "--out")],
                text: format!("{} / {}", l.count(t.unlisted()), l.count(t.listed_ineligible)),
            }
        })
        .collect();
    let title = l.say("Sebab", "Causes");
    let _ = write!(
        out,
        "<figure><h2>{title}</h2>{}<figcaption class=\"key\">\
         <span style=\"background:var(--miss)\"></span>{}<span style=\"background:var(--out)\"></span>{}\
         </figcaption></figure>",
        bars(title, &rows),
        l.say("tidak menerima", "not on the roll"),
        l.say("menerima tetapi tidak berhak", "on the roll, not eligible"),
    );
}

fn rate_row(name: String, cells: &[Cell], cut: Option<u8>, l: Language) -> Vec<String> {
    let t = totals(cells, |_| ()).remove(&()).unwrap_or_default();
    let shown = rates(cells, cut);
    vec![
        name,
        l.count(t.listed() + t.unlisted()),
        l.count(t.listed()),
        l.count(t.eligible()),
        l.count(t.unlisted_eligible),
        l.count(t.listed_ineligible),
        l.share(shown.undercoverage),
        l.share(shown.leakage),
    ]
}

const fn rate_heads(first: &'static str, l: Language) -> [&'static str; 8] {
    [
        first,
        l.say("Semua", "All"),
        l.say("Penerima", "On the roll"),
        l.say("Berhak", "Eligible"),
        l.say("Berhak, tidak menerima", "Eligible, not on the roll"),
        l.say("Menerima, tidak berhak", "On the roll, not eligible"),
        l.say("Belum terjangkau", "Undercoverage"),
        l.say("Salah sasaran", "Leakage"),
    ]
}

fn region_table(out: &mut String, r: &EditionReport<'_>, cut: Option<u8>, l: Language) {
    let rows: Vec<Vec<String>> = r
        .cells
        .chunk_by(|a, b| a.village / 1_000_000 == b.village / 1_000_000)
        .map(|cells| {
            let code = cells[0].village / 1_000_000;
            let mut row = rate_row(region_name(r.frame, code, l), cells, cut, l);
            if r.expected.is_some() {
                let range = |x: f64, range: f64| {
                    format!("{} ± {}", l.share(Some(x)), l.decimal(range * 100.0, 1))
                };
                let expected = r.expected_by_regency.get(&code);
                row.push(
                    expected
                        .map_or("–".into(), |e| range(e.undercoverage, e.undercoverage_range)),
                );
                row.push(expected.map_or("–".into(), |e| range(e.leakage, e.leakage_range)));
            }
            row
        })
        .collect();
    let mut heads = rate_heads(l.say("Wilayah", "Region"), l).to_vec();
    if r.expected.is_some() {
        heads.push(l.say("Belum terjangkau, diharapkan", "Undercoverage, expected"));
        heads.push(l.say("Salah sasaran, diharapkan", "Leakage, expected"));
    }
    let _ = write!(out, "<h2>{}</h2>", l.say("Kabupaten dan kota", "Regencies and cities"));
    table(out, unit(r, l), &heads, &rows);
}

fn group_table(out: &mut String, r: &EditionReport<'_>, cut: Option<u8>, l: Language) {
    let pick = |want: &dyn Fn(&Cell) -> bool| -> Vec<Cell> {
        r.cells.iter().filter(|c| want(c)).copied().collect()
    };
    let mut rows = Vec::new();
    for (sex, word) in [(1, l.say("Laki-laki", "Male")), (2, l.say("Perempuan", "Female"))] {
        rows.push(rate_row(word.to_owned(), &pick(&|c| c.sex == sex), cut, l));
    }
    for band in 1..=5 {
        let name = format!("{} {}", l.say("Umur", "Age"), age_band_words(band));
        let cells = pick(&|c| c.age_band == band);
        if !cells.is_empty() {
            rows.push(rate_row(name, &cells, cut, l));
        }
    }
    let title = match r.programme.unit {
        TableKind::Person => l.say("Jenis kelamin dan umur", "Sex and age"),
        TableKind::Family => {
            l.say("Jenis kelamin dan umur kepala keluarga", "Sex and age of the head")
        }
    };
    let _ = write!(out, "<h2>{title}</h2>");
    table(out, unit(r, l), &rate_heads(l.say("Kelompok", "Group"), l), &rows);
}

fn list_table(out: &mut String, r: &EditionReport<'_>, l: Language) {
    let mut counts = vec![0u64; usize::from(u16::MAX) + 1];
    r.outcome.reason.iter().for_each(|c| counts[usize::from(*c)] += 1);
    let rows: Vec<Vec<String>> = r
        .programme
        .reasons()
        .into_iter()
        .filter(|reason| counts[usize::from(reason.code)] > 0)
        .map(|reason| {
            let label = l.say(&reason.label.id, &reason.label.en).to_owned();
            vec![label, l.count(counts[usize::from(reason.code)])]
        })
        .collect();
    let _ = write!(out, "<h2>{}</h2>", l.say("Alasan setiap orang", "A reason for everyone"));
    table(out, "", &[l.say("Alasan", "Reason"), unit(r, l)], &rows);
}

/// Exclusions that open a review instead of excluding: how many of those on the roll and of those
/// chosen they concern.
fn review_table(out: &mut String, r: &EditionReport<'_>, l: Language) {
    let count = |at: usize, among: &[bool]| {
        let asked = r.outcome.cases.iter().zip(among);
        asked.filter(|(bits, among)| **among && **bits >> at & 1 == 1).count() as u64
    };
    let rows: Vec<Vec<String>> = r
        .programme
        .exclusions
        .iter()
        .enumerate()
        .filter(|(_, exclusion)| exclusion.effect == Effect::Case)
        .map(|(at, exclusion)| {
            vec![
                l.say(&exclusion.name.id, &exclusion.name.en).to_owned(),
                l.count(count(at, &r.outcome.listed)),
                l.count(count(at, &r.outcome.chosen)),
            ]
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    let _ = write!(
        out,
        "<h2>{}</h2><p class=\"soft\">{}</p>",
        l.say("Perlu ditinjau, bukan dikeluarkan", "To be reviewed, not excluded"),
        l.say(
            "Tanda dari pemeriksaan lembaga lain membuka peninjauan; keputusan tetap pada petugas.",
            "A flag of another agency's check opens a review; an officer decides."
        )
    );
    let heads = [
        l.say("Tanda", "Flag"),
        l.say("Penerima kini", "On the roll now"),
        l.say("Terpilih", "Chosen"),
    ];
    table(out, unit(r, l), &heads, &rows);
}

fn rule_table(out: &mut String, r: &EditionReport<'_>, l: Language) {
    let assumed = format!(
        " <span class=\"tag\">{}</span>",
        l.say("asumsi, belum ada sumber", "assumption, no source found")
    );
    let rows: Vec<Vec<String>> = r
        .programme
        .parameters
        .values()
        .filter_map(|parameter| {
            let value = parameter.on(r.frame.day())?;
            let mark = if value.assumption { assumed.as_str() } else { "" };
            Some(vec![
                l.say(&parameter.name.id, &parameter.name.en).to_owned(),
                escape(&value.value.to_string()),
                escape(l.say(&parameter.unit.id, &parameter.unit.en)),
                format!("{}{mark}", escape(&value.reference)),
            ])
        })
        .collect();
    let _ = write!(
        out,
        "<h2>{} {}</h2>",
        l.say("Aturan, versi", "Rules, version"),
        escape(&r.programme.version)
    );
    let heads = [
        l.say("Parameter", "Parameter"),
        l.say("Nilai", "Value"),
        l.say("Satuan", "Unit"),
        l.say("Dasar", "Reference"),
    ];
    words_table(out, &heads, &rows);
    out.push_str("<ul>");
    for reference in &r.programme.references {
        let _ = write!(out, "<li>{}</li>", escape(&reference.text));
    }
    out.push_str("</ul>");
}

/// The cells as CSV, names beside codes.
#[must_use]
pub fn edition_csv(r: &EditionReport<'_>) -> String {
    let mut out = String::from(
        "programme,village,decile,sex,age_band,cause,listed_eligible,listed_ineligible,\
         unlisted_eligible,unlisted_ineligible\n",
    );
    for c in r.cells {
        let cause = Cause::ALL.get(usize::from(c.cause)).map_or("", |cause| cause.word());
        let _ = writeln!(
            out,
            "{},{},{},{},{},{cause},{},{},{},{}",
            r.programme.id,
            c.village,
            c.decile,
            c.sex,
            age_band_words(c.age_band),
            c.listed_eligible,
            c.listed_ineligible,
            c.unlisted_eligible,
            c.unlisted_ineligible
        );
    }
    out
}
