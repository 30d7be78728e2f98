//! The same folds and data as the reference runs. Needs the survey data beside the checkout
//! (`PADAN_SHARED` or `../shared`); they are never part of the project.
#![expect(clippy::unwrap_used, reason = "a test that cannot get its data should fail loudly")]

use ranking::Settings;
use ranking::command::{EvaluateOptions, evaluate};
use std::path::PathBuf;

fn shared() -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let base =
        std::env::var_os("PADAN_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let data = base.join("data/survey");
    data.join("indonesia_alatas.csv").exists().then_some(data)
}

fn run(method: &str, features: &str, codes: &str) -> Option<ranking::evaluate::Evaluation> {
    let Some(data) = shared() else {
        eprintln!("skipped: no survey data in PADAN_SHARED or ../shared");
        return None;
    };
    let mut settings = Settings::new("y", features);
    settings.categorical = codes.into();
    settings.method = method.into();
    settings.weight = Some("w".into());
    settings.id = Some("id".into());
    settings.cluster = Some("g".into());
    settings.region = Some("region".into());
    let options = EvaluateOptions {
        data: data.join("indonesia_alatas.csv"),
        settings,
        folds: 5,
        repeats: 1,
        folds_file: Some(data.join("indonesia_alatas.folds.csv")),
        by: "hhsize,x_hhmale".into(),
        predictions: None,
    };
    Some(evaluate(&options).unwrap())
}

#[test]
fn indonesia_is_no_worse_than_the_best_reference_run() {
    let Some(e) = run("auto", "x_*,province", "province") else { return };
    let value = |name: &str| e.figure(name).unwrap().value;
    assert_eq!((e.rows, e.folds, e.repeats), (5_004, 5, 5));
    assert!(value("spearman") >= 0.70, "{}", value("spearman"));
    assert!(value("targeting_error_40") <= 0.2935, "{}", value("targeting_error_40"));
    assert!(value("ece_40") <= 0.02, "{}", value("ece_40"));
    assert!((value("coverage_80") - 0.80).abs() < 0.02);
}

#[test]
fn least_squares_reproduces_the_reference_least_squares() {
    let Some(e) = run("ols", "x_*", "") else { return };
    // Reference: R² .507, Spearman .693, targeting error .447 and .295.
    for (name, want, within) in
        [("r2", 0.507, 0.004), ("spearman", 0.693, 0.003), ("targeting_error_40", 0.295, 0.004)]
    {
        let got = e.figure(name).unwrap().value;
        assert!((got - want).abs() < within, "{name}: {got}, reference {want}");
    }
}
