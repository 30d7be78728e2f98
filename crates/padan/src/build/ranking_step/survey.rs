//! The survey the model is fitted to, pooled with the national sample where it is too small.

use super::families::regencies;
use super::{DRAWS, Inputs, REGENCY, TARGET};
use ranking::{Column, Columns, Data, Frame, RankError, Settings, features};
use std::path::Path;

/// Fewer households than this are no survey of their own: the national sample is fitted with them.
/// (Formulas of single districts below some 1,500 households do worse than pooled ones.)
const FEWEST: usize = 500;
/// Apart from any household or sampling unit of the province.
const NATIONAL_FROM: f64 = 1e12;
/// Columns that are no answers.
const NOT_FEATURES: [&str; 5] = ["village", REGENCY, "visited_date", "member_count", "card_status"];

/// Fits the model on the features that survey and registry share.
pub(super) fn fit(inputs: &Inputs<'_>, families: &Columns) -> Result<ranking::Model, RankError> {
    let (frame, note) = sample(inputs)?;
    let shared: Vec<String> = families
        .names()
        .filter(|n| frame.names().iter().any(|f| f == n) && !NOT_FEATURES.contains(n))
        .map(str::to_owned)
        .collect();
    let mut settings = Settings::new(TARGET, &shared.join(","));
    settings.categorical = features::code_lists(&shared);
    settings.weight = Some("weight".into());
    settings.id = Some("household".into());
    settings.cluster = Some("psu".into());
    settings.strata = Some("strata".into());
    settings.region = Some(REGENCY.into());
    settings.draws = DRAWS;
    // One contribution column per variable: a family's page must be able to say what each one adds.
    settings.pairs = 0;
    let mut model = ranking::fit(&frame, &settings)?;
    model.report.notes.extend(note);
    Ok(model)
}

/// The households to fit to, and what a reader of the model should know about them.
fn sample(inputs: &Inputs<'_>) -> Result<(Frame, Option<String>), RankError> {
    let own = survey(inputs.survey, "village")?;
    let usable = own.numbers(TARGET)?.iter().filter(|y| y.is_finite()).count();
    let Some(reference) = inputs.reference.filter(|_| usable < FEWEST) else {
        return Ok((own, None));
    };
    let mut national = survey(reference, "province")?;
    for name in ["household", "psu"] {
        let apart = national.numbers(name)?.iter().map(|n| n + NATIONAL_FROM).collect();
        national.replace(name, Column::Number(apart))?;
    }
    let note = format!(
        "the survey has only {usable} households with consumption (fewer than {FEWEST}): fitted \
         together with {} households of the national sample, each household counting alike; \
         regencies differ from the nation only as far as their few households show",
        national.rows()
    );
    Ok((weighed_alike(own)?.stack(&weighed_alike(national)?)?, Some(note)))
}

/// A survey with the target and the regency; `place` is the column that says where a household is.
fn survey(path: &Path, place: &str) -> Result<Frame, RankError> {
    let mut frame = ranking::read::read(path, &[])?;
    let log = |c: &f64| if *c > 0.0 { c.ln() } else { f64::NAN };
    let target = frame.numbers("consumption_rupiah_month")?.iter().map(log).collect();
    frame.push(TARGET, Column::Number(target))?;
    let regency = if place == "village" {
        of_villages(frame.numbers(place)?)?
    } else {
        // A household elsewhere in the country has no regency of this province.
        vec![f64::NAN; frame.rows()]
    };
    frame.push(REGENCY, Column::Number(regency))?;
    add_floor_per_person(&mut frame)?;
    Ok(frame)
}

fn of_villages(village: &[f64]) -> Result<Vec<f64>, RankError> {
    let whole: Vec<u64> = village.iter().map(|v| if v.is_nan() { 0 } else { *v as u64 }).collect();
    let Data::U64(regency) = regencies(&whole) else {
        return Err(RankError::Data("regencies are whole numbers".into()));
    };
    Ok(regency.into_iter().map(|r| r as f64).collect())
}

/// Weights with mean 1, so that neither of two samples drowns the other.
fn weighed_alike(mut frame: Frame) -> Result<Frame, RankError> {
    let weight = frame.numbers("weight")?;
    let mean = weight.iter().sum::<f64>() / weight.len().max(1) as f64;
    let scaled = weight.iter().map(|w| w / mean.max(f64::MIN_POSITIVE)).collect();
    frame.replace("weight", Column::Number(scaled))?;
    Ok(frame)
}

/// Floor area per person, as `features::floor_area_per_person` makes it.
fn add_floor_per_person(frame: &mut Frame) -> Result<(), RankError> {
    let has = |name: &str| frame.names().iter().any(|n| n == name);
    if has(features::FLOOR_PER_PERSON) || !has("floor_area_m2") || !has("size") {
        return Ok(());
    }
    let pairs = frame.numbers("floor_area_m2")?.iter().zip(frame.numbers("size")?);
    let values: Vec<f64> =
        pairs.map(|(area, size)| (area / size.max(1.0)).round().clamp(0.0, 500.0)).collect();
    frame.push(features::FLOOR_PER_PERSON, Column::Number(values))
}
