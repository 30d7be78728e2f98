//! Development stand-in for `padan rank`: the same flags, parsed simply.
//!
//! `cargo run --release -p ranking --example rank -- evaluate --data survey.csv --target y
//! --features 'x_*' --folds 5 --seed 1 --json`

use ranking::Settings;
use ranking::command::{
    CardOptions, CutOn, EvaluateOptions, FitOptions, ScoreOptions, card, evaluate, fit, score,
};
use std::collections::BTreeMap;
use std::path::PathBuf;

type Flags = BTreeMap<String, String>;

fn main() -> std::process::ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let mut flags = Flags::new();
    let mut args = args.peekable();
    while let Some(flag) = args.next() {
        let value = args.next_if(|next| !next.starts_with("--")).unwrap_or_default();
        flags.insert(flag.trim_start_matches('-').replace('_', "-"), value);
    }
    let done = match command.as_str() {
        "fit" => run_fit(&flags),
        "evaluate" => run_evaluate(&flags),
        "score" => run_score(&flags),
        "card" => run_card(&flags),
        other => Err(format!("`{other}`: use fit, evaluate, score or card")),
    };
    match done {
        Ok(text) => {
            println!("{text}");
            std::process::ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("rank: {message}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn need(flags: &Flags, name: &str) -> Result<String, String> {
    flags.get(name).cloned().ok_or_else(|| format!("--{name} is needed"))
}

fn number<T: std::str::FromStr>(flags: &Flags, name: &str, or: T) -> Result<T, String> {
    match flags.get(name) {
        Some(text) => text.parse().map_err(|_| format!("--{name}: `{text}` is not a number")),
        None => Ok(or),
    }
}

fn settings(flags: &Flags) -> Result<Settings, String> {
    let mut s = Settings::new(&need(flags, "target")?, &need(flags, "features")?);
    s.weight = flags.get("weight").cloned();
    s.id = flags.get("id").cloned();
    s.cluster = flags.get("group").cloned();
    s.strata = flags.get("strata").cloned();
    s.region = flags.get("region").cloned();
    s.categorical = flags.get("categorical").cloned().unwrap_or_default();
    s.monotone = flags.get("monotone").cloned().unwrap_or_default();
    s.method = flags.get("method").cloned().unwrap_or_else(|| "auto".into());
    s.tau = number(flags, "tau", s.tau)?;
    s.pairs = number(flags, "pairs", s.pairs)?;
    s.seed = number(flags, "seed", s.seed)?;
    s.inner_folds = number(flags, "inner-folds", s.inner_folds)?;
    Ok(s)
}

fn run_fit(flags: &Flags) -> Result<String, String> {
    let mut settings = settings(flags)?;
    settings.draws = number(flags, "draws", 10)?;
    let options = FitOptions {
        data: PathBuf::from(need(flags, "data")?),
        settings,
        out: PathBuf::from(need(flags, "out")?),
    };
    let start = std::time::Instant::now();
    let model = fit(&options).map_err(|e| e.to_string())?;
    let mut text = format!(
        "{} households, held-out R2 {:.4}, {} variables, {} pairs, {:.2} s",
        model.report.rows,
        model.report.r2_held_out,
        model.variables.len(),
        model.pairs.len(),
        start.elapsed().as_secs_f64()
    );
    for note in &model.report.notes {
        text += &format!("\n  {note}");
    }
    Ok(text)
}

fn evaluate_options(flags: &Flags) -> Result<EvaluateOptions, String> {
    Ok(EvaluateOptions {
        data: PathBuf::from(need(flags, "data")?),
        settings: settings(flags)?,
        folds: number(flags, "folds", 5)?,
        repeats: number(flags, "repeats", 1)?,
        folds_file: flags.get("folds-file").map(PathBuf::from),
        by: flags.get("by").cloned().unwrap_or_default(),
        predictions: flags.get("predictions").map(PathBuf::from),
    })
}

fn run_card(flags: &Flags) -> Result<String, String> {
    let options = CardOptions {
        evaluate: evaluate_options(flags)?,
        title: flags.get("title").cloned().unwrap_or_else(|| "Model".into()),
        out: PathBuf::from(need(flags, "out")?),
    };
    card(&options).map_err(|e| e.to_string())?;
    Ok(format!("{}", options.out.join("index.html").display()))
}

fn run_evaluate(flags: &Flags) -> Result<String, String> {
    let options = evaluate_options(flags)?;
    let start = std::time::Instant::now();
    let evaluation = evaluate(&options).map_err(|e| e.to_string())?;
    if flags.contains_key("json") {
        return evaluation.to_json().map_err(|e| e.to_string());
    }
    let mut text = String::new();
    for (name, figure) in &evaluation.figures {
        text += &format!("{name:28} {:8.4} ± {:.4}\n", figure.value, figure.se);
    }
    for row in &evaluation.fairness {
        text += &format!(
            "{} {}: {} households, poor {:.3}, selected {:.3}, undercoverage {:.3} ± {:.3}\n",
            row.column,
            row.group,
            row.households,
            row.poor,
            row.selected,
            row.undercoverage,
            row.undercoverage_se
        );
    }
    for row in &evaluation.repair {
        text += &format!("{row:?}\n");
    }
    for row in &evaluation.visits {
        text += &format!("{row:?}\n");
    }
    Ok(text + &format!("{:.1} s", start.elapsed().as_secs_f64()))
}

fn run_score(flags: &Flags) -> Result<String, String> {
    let options = ScoreOptions {
        model: PathBuf::from(need(flags, "model")?),
        data: PathBuf::from(need(flags, "data")?),
        out: PathBuf::from(need(flags, "out")?),
        id: flags.get("id").cloned(),
        weight: flags.get("weight").cloned(),
        cut_on: match flags.get("cut-on").map(String::as_str) {
            None | Some("model") => CutOn::Model,
            Some("data") => CutOn::Data,
            Some(other) => return Err(format!("--cut-on: `{other}` is not model or data")),
        },
        more: flags.contains_key("more"),
    };
    score(&options).map(|rows| format!("{rows} rows")).map_err(|e| e.to_string())
}
