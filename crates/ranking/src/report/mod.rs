//! The model card: one self-contained page an official can read, Indonesian first, English beside,
//! and the same figures as CSV. It says what the model cannot do.

mod stable;
mod svg;
mod text;

use crate::evaluate::{Evaluation, GroupRow};
use crate::model::{Kind, Model, Variable};
use crate::stability::Stability;
use stable::{moving, visits};
use std::fmt::Write;
use svg::{Bar, calibration, effects, escape, percent, shares};

/// A file of the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardFile {
    /// File name.
    pub name: &'static str,
    /// Content.
    pub text: String,
}

/// The files of a model card: `index.html`, `figures.csv`, `fairness.csv`, `effects.csv`.
#[must_use]
pub fn model_card(
    title: &str,
    model: &Model,
    evaluation: &Evaluation,
    stability: Option<&Stability>,
) -> Vec<CardFile> {
    vec![
        CardFile { name: "index.html", text: page(title, model, evaluation, stability) },
        CardFile { name: "figures.csv", text: figures_csv(evaluation) },
        CardFile { name: "fairness.csv", text: fairness_csv(evaluation) },
        CardFile { name: "effects.csv", text: effects_csv(model) },
    ]
}

fn page(title: &str, model: &Model, e: &Evaluation, stability: Option<&Stability>) -> String {
    let mut s = text::head(title);
    s += &summary(model, e);
    s += &text::section("Apa yang tidak bisa dilakukan model ini", "What this model cannot do");
    s +=
        &text::limits(value(e, "coverage_80_poorest_fifth"), value(e, "coverage_80_richest_fifth"));
    s += &text::section(
        "Siapa yang terlewat, menurut desil sebenarnya",
        "Who is missed, by true decile",
    );
    s += &figure(
        &shares(&deciles(e)),
        "Bagian tiap desil sebenarnya yang TIDAK masuk daftar 40 %. Desil 1–4 seharusnya 0 %, desil 5–10 seharusnya 100 %.",
        "Share of each true decile that is not on a 40 % list. Ideal: 0 % for deciles 1–4, 100 % for 5–10.",
    );
    s += &text::section("Apakah peluangnya jujur", "Are the chances honest");
    s += &figure(
        &calibration(&e.calibration_40),
        &format!(
            "Titik pada garis berarti peluang yang dikatakan sama dengan kenyataan. Selisih rata-rata (ECE): {}.",
            percent(value(e, "ece_40"))
        ),
        "Dots on the line: the chance said is what came true. ECE is the mean gap.",
    );
    s += &text::section("Adil bagi siapa", "Fair to whom");
    s += &fairness(&e.fairness);
    s += &repair(e);
    s += &visits(e);
    s += &stability.map_or_else(String::new, moving);
    s += &text::section("Apa yang paling berpengaruh", "What counts most");
    s += &figure(
        &effects(&strongest(model, 24)),
        "Perbedaan perkiraan pengeluaran antara jawaban tinggi dan rendah (atau memiliki dan tidak), jawaban lain tetap. Bukan sebab-akibat.",
        "Difference in estimated consumption between a high and a low answer, other answers equal. Not cause and effect.",
    );
    s += &text::section("Semua angka", "All figures");
    s += &table(e);
    s += &text::section("Catatan data", "Notes on the data");
    s += "<ul>";
    for note in model.report.notes.iter().chain(&e.notes) {
        let _ = write!(s, "<li>{}</li>", escape(note));
    }
    s + "</ul></main></body></html>\n"
}

fn value(e: &Evaluation, name: &str) -> f64 {
    e.figure(name).map_or(f64::NAN, |f| f.value)
}

fn summary(model: &Model, e: &Evaluation) -> String {
    let tile = |number: String, id: &str, en: &str| {
        format!("<div class=\"tile\"><b>{number}</b><span>{id}</span><i>{en}</i></div>")
    };
    let error = e.figure("targeting_error_40");
    let error_text = error.map_or_else(String::new, |f| {
        format!("{} <small>± {}</small>", percent(f.value), percent(1.96 * f.se))
    });
    let mut s = String::from("<div class=\"tiles\">");
    s += &tile(
        error_text,
        "keluarga miskin (40 % terbawah) terlewat, dan sebanyak itu pula yang keliru masuk",
        "of the poorest 40 % missed, and as many wrongly included",
    );
    s += &tile(
        percent(value(e, "targeting_error_20")),
        "kesalahan yang sama untuk 20 % terbawah",
        "the same for the poorest 20 %",
    );
    s += &tile(
        format!("{:.2}", value(e, "spearman")).replace('.', ","),
        "kesesuaian urutan (Spearman; 1 = sempurna)",
        "rank agreement (1 is perfect)",
    );
    s += &tile(
        percent(value(e, "decile_within_1")),
        "desilnya tepat atau meleset satu",
        "within one decile",
    );
    s += "</div>";
    let _ = write!(
        s,
        "<p>Diuji pada {} rumah tangga survei yang tidak dilihat model: {} lipatan, {} ulangan; satuan \
         sampel tidak pernah terpisah. Metode <code>{}</code>, {} variabel{}.</p><p class=\"en\">Tested on \
         survey households the model had not seen; sampling units are never split across folds.</p>",
        thousands(e.rows),
        e.folds,
        e.repeats,
        escape(&model.method),
        model.variables.len(),
        model
            .region
            .as_ref()
            .map_or_else(String::new, |r| format!(", {} simpangan wilayah", r.deviations.len()))
    );
    s
}

/// A whole number in Indonesian writing: `5.004`.
fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|g| std::str::from_utf8(g).ok()).collect();
    groups.join(".")
}

fn figure(svg: &str, id: &str, en: &str) -> String {
    format!("<figure>{svg}<figcaption>{id} <i>{en}</i></figcaption></figure>")
}

fn deciles(e: &Evaluation) -> Vec<Bar> {
    e.not_selected_by_decile
        .iter()
        .enumerate()
        .map(|(i, &value)| Bar {
            label: format!("desil {}", i + 1),
            value,
            half: 0.0,
            strong: i < 4,
        })
        .collect()
}

fn fairness(rows: &[GroupRow]) -> String {
    if rows.is_empty() {
        return "<p>Tidak ada kolom kelompok dalam data ini. <i>No group columns in these data.</i></p>".into();
    }
    let mut s = String::new();
    for group in rows.chunk_by(|a, b| a.column == b.column) {
        let bars: Vec<Bar> = group
            .iter()
            .map(|r| Bar {
                label: format!("{} ({})", r.group, r.households),
                value: r.undercoverage,
                half: 1.96 * r.undercoverage_se,
                strong: false,
            })
            .collect();
        let _ = write!(s, "<h3>{}</h3>", escape(&group[0].column));
        s += &shares(&bars);
    }
    format!(
        "<figure>{s}<figcaption>Bagian keluarga miskin yang terlewat dalam tiap kelompok (jumlah rumah tangga dalam kurung; garis: selang 95 %). <i>Undercoverage of the poorest 40 % within each group, with 95 % intervals.</i></figcaption></figure>"
    )
}

fn repair(e: &Evaluation) -> String {
    if e.repair.is_empty() {
        return String::new();
    }
    let mut s = String::from(
        "<h3>Perbaikan keadilan menurut besar keluarga <i>Fairness repair by household size</i></h3><table><tr><th>cara</th><th>terlewat 1–2 / 3–4 / 5–6 / 7+ orang</th><th>selisih terbesar</th><th>kesalahan 40 %</th></tr>",
    );
    for row in &e.repair {
        let name = match row.repair {
            crate::fair::Repair::None => "tanpa perbaikan (none)",
            crate::fair::Repair::Quota => "kuota per kelompok (quota)",
            crate::fair::Repair::Blend => "peringkat campuran (blend)",
        };
        let under: Vec<String> = row.undercoverage.iter().map(|&u| percent(u)).collect();
        let _ = write!(
            s,
            "<tr><td>{name}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            under.join(" / "),
            percent(row.gap),
            percent(row.targeting_error)
        );
    }
    s + "</table>"
}

/// Effect of a variable: between its 90th and 10th percentile answers, or between codes.
fn effect(variable: &Variable) -> (String, f64) {
    match &variable.kind {
        Kind::Number { low, high, .. } if high - low == 1.0 => {
            (variable.name.clone(), variable.of_number(*high) - variable.of_number(*low))
        }
        Kind::Number { low, high, .. } => {
            // A tenth in from both ends, so that outliers do not make the picture.
            let (a, b) = (low + 0.1 * (high - low), low + 0.6 * (high - low));
            let (a, b) = if high - low > 4.0 { (a.round(), b.round()) } else { (*low, *high) };
            let label = format!("{} {a:.0} → {b:.0}", variable.name);
            (label, variable.of_number(b) - variable.of_number(a))
        }
        Kind::Codes { codes, .. } => {
            let by =
                |a: &&crate::model::Code, b: &&crate::model::Code| a.points.total_cmp(&b.points);
            match (codes.iter().max_by(by), codes.iter().min_by(by)) {
                (Some(most), Some(least)) => (
                    format!("{} {} / {}", variable.name, most.code, least.code),
                    most.points - least.points,
                ),
                _ => (variable.name.clone(), 0.0),
            }
        }
    }
}

fn strongest(model: &Model, most: usize) -> Vec<Bar> {
    let mut bars: Vec<Bar> = model
        .variables
        .iter()
        .map(effect)
        .map(|(label, log)| Bar { label, value: log.exp() - 1.0, half: 0.0, strong: false })
        .collect();
    bars.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()).then(a.label.cmp(&b.label)));
    bars.truncate(most);
    bars
}

fn table(e: &Evaluation) -> String {
    let mut s =
        String::from("<table><tr><th>ukuran / measure</th><th>nilai</th><th>galat baku</th></tr>");
    for (name, f) in &e.figures {
        let _ = write!(
            s,
            "<tr><td>{}</td><td>{:.4}</td><td>{:.4}</td></tr>",
            escape(name),
            f.value,
            f.se
        );
    }
    s + "</table>"
}

fn figures_csv(e: &Evaluation) -> String {
    let mut s = String::from("figure,value,standard_error,sd_repeats\n");
    for (name, f) in &e.figures {
        let _ = writeln!(s, "{name},{:.6},{:.6},{:.6}", f.value, f.se, f.sd_repeats);
    }
    s
}

fn fairness_csv(e: &Evaluation) -> String {
    let mut s = String::from(
        "column,group,households,poor,selected,undercoverage,standard_error,leakage\n",
    );
    for r in &e.fairness {
        let _ = writeln!(
            s,
            "{},\"{}\",{},{:.4},{:.4},{:.4},{:.4},{:.4}",
            r.column,
            r.group,
            r.households,
            r.poor,
            r.selected,
            r.undercoverage,
            r.undercoverage_se,
            r.leakage
        );
    }
    s
}

fn effects_csv(model: &Model) -> String {
    let mut s = String::from("variable,answer,contribution\n");
    for v in &model.variables {
        match &v.kind {
            Kind::Number { low, high, grid, .. } => {
                let span: Vec<f64> = if grid.is_empty() && high - low <= 1000.0 {
                    (*low as i64..=*high as i64).map(|x| x as f64).collect()
                } else {
                    grid.clone()
                };
                for x in span {
                    let _ = writeln!(s, "{},{x},{:.6}", v.name, v.of_number(x));
                }
            }
            Kind::Codes { codes, .. } => {
                for code in codes {
                    let _ = writeln!(s, "{},\"{}\",{:.6}", v.name, code.code, code.points);
                }
            }
        }
        let _ = writeln!(s, "{},missing,{:.6}", v.name, v.missing);
    }
    s
}
