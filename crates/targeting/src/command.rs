//! `padan target run|simulate|errors` as functions over folders: they read an edition, write files
//! and give back what to print.

use crate::TargetError;
use crate::frame::{self, Frame};
use crate::list;
use crate::meter::{self, Cell, Check, Estimate};
use crate::overlap;
use crate::programme::{Changes, Programme, Programmes};
use crate::report::{
    EditionReport, Language, edition_csv, edition_html, overlap_csv, overlap_html, simulation_csv,
    simulation_html,
};
use crate::run::{Outcome, needs_first};
use crate::schema::Schema;
use crate::simulate::{Effect, Scenario, Scenarios, Simulator};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What every command needs.
#[derive(Debug, Clone)]
pub struct Paths {
    /// Folder of a country: `instrument.toml` and `programmes/`.
    pub config: PathBuf,
    /// Folder of an edition.
    pub edition: PathBuf,
    /// Where files are written.
    pub out: PathBuf,
}

/// The result of one programme.
#[derive(Debug, Clone)]
pub struct Ran {
    /// Programme id.
    pub programme: String,
    /// Units in all.
    pub units: usize,
    /// Eligible units.
    pub eligible: usize,
    /// Units on the roll, unlinked rows of the roll included.
    pub listed: usize,
    /// Units chosen.
    pub chosen: usize,
    /// Units that enter and leave against the roll.
    pub enters: usize,
    /// See `enters`.
    pub leaves: usize,
    /// Units that enter, leave and are gone since the last edition's list, where there is one.
    pub since_last: Option<(usize, usize, usize)>,
    /// Rupiah a year.
    pub cost_year: i64,
    /// Comparisons of the needs-first proof.
    pub proof: usize,
}

struct Loaded {
    /// Folder of the edition before, where it stands beside this one.
    last: Option<PathBuf>,
    schema: Schema,
    programmes: Programmes,
    frame: Frame,
    edition: String,
}

fn loaded(paths: &Paths, contributions: bool) -> Result<Loaded, TargetError> {
    let schema = Schema::load(&paths.config.join("instrument.toml"))?;
    let programmes = Programmes::load(&paths.config.join("programmes"), &schema)?;
    let frame = frame::load(&paths.edition, &schema, contributions)?;
    let name = paths.edition.file_name().and_then(|n| n.to_str()).unwrap_or("").to_owned();
    Ok(Loaded { last: parent(&paths.edition), schema, programmes, frame, edition: name })
}

/// The folder of the edition that `manifest.json` names as `parent`, if it stands beside this one.
fn parent(edition: &Path) -> Option<PathBuf> {
    let text = std::fs::read_to_string(edition.join("manifest.json")).ok()?;
    let manifest: serde_json::Value = serde_json::from_str(&text).ok()?;
    let id = kernel::EditionId::new(manifest["parent"].as_str()?).ok()?;
    let folder = edition.parent()?.join(id.as_str());
    folder.is_dir().then_some(folder)
}

/// The programmes named, or all that run on the frame's day.
fn chosen<'p>(
    programmes: &'p Programmes,
    names: &[String],
    frame: &Frame,
) -> Result<Vec<&'p Programme>, TargetError> {
    if names.is_empty() {
        return Ok(programmes.0.iter().filter(|p| p.is_valid_on(frame.day())).collect());
    }
    names.iter().map(|name| programmes.get(name)).collect()
}

fn save(path: &Path, text: &str) -> Result<(), TargetError> {
    std::fs::write(path, text).map_err(|e| TargetError::io(path, e))
}

fn folder(path: &Path) -> Result<(), TargetError> {
    std::fs::create_dir_all(path).map_err(|e| TargetError::io(path, e))
}

/// Runs programmes (all valid ones when `names` is empty): writes `lists/<programme>.parquet`,
/// `errors.parquet`, per programme a report in both languages and a CSV, what changed since the last
/// edition's list, and who gets what in all (`overlap.html`).
///
/// # Errors
/// When something cannot be read or written, or a list is not needs-first.
pub fn run(paths: &Paths, names: &[String]) -> Result<Vec<Ran>, TargetError> {
    let l = loaded(paths, false)?;
    folder(&paths.out.join("lists"))?;
    let mut ran = Vec::new();
    let mut cells: Vec<(&str, Vec<Cell>)> = Vec::new();
    let mut outcomes: Vec<(&Programme, Outcome)> = Vec::new();
    for programme in chosen(&l.programmes, names, &l.frame)? {
        let outcome = crate::run(&l.frame, programme, &l.schema)?;
        let none = Changes::new();
        let proof = needs_first(&l.frame, programme, &l.schema, &none, &outcome)?
            .map_err(|v| TargetError::Data(format!("{}: {v}", programme.id)))?;
        let file = paths.out.join(format!("lists/{}.parquet", programme.id));
        list::write(&file, &l.frame, &outcome)?;
        let counted = meter::count(&l.frame, programme, &none, &outcome)?;
        report(paths, &l, programme, &outcome, &counted)?;
        cells.push((&programme.id, counted));
        let mut line = summary(programme, &outcome, proof);
        line.since_last = since_last(paths, &l, programme, &outcome)?;
        ran.push(line);
        outcomes.push((programme, outcome));
    }
    overlap(paths, &l, &outcomes)?;
    let cells: Vec<(&str, &[Cell])> = cells.iter().map(|(id, c)| (*id, c.as_slice())).collect();
    meter::write(&paths.out.join("errors.parquet"), &cells)?;
    Ok(ran)
}

/// Writes `overlap.html`, `overlap.en.html` and `overlap.csv`.
fn overlap(
    paths: &Paths,
    l: &Loaded,
    outcomes: &[(&Programme, Outcome)],
) -> Result<(), TargetError> {
    let pairs: Vec<(&Programme, &Outcome)> = outcomes.iter().map(|(p, o)| (*p, o)).collect();
    let roll = overlap::overlap(&l.frame, &pairs, overlap::Standing::Roll);
    let list = overlap::overlap(&l.frame, &pairs, overlap::Standing::List);
    let html = |language| overlap_html(&l.frame, &l.edition, &roll, &list, language);
    save(&paths.out.join("overlap.html"), &html(Language::Indonesian))?;
    save(&paths.out.join("overlap.en.html"), &html(Language::English))?;
    save(&paths.out.join("overlap.csv"), &overlap_csv(&roll, &list))
}

fn summary(programme: &Programme, outcome: &Outcome, proof: usize) -> Ran {
    let count = |list: &[bool]| list.iter().filter(|b| **b).count();
    let (enters, leaves) = outcome.against_roll();
    Ran {
        programme: programme.id.clone(),
        units: outcome.chosen.len(),
        eligible: count(&outcome.eligible),
        listed: count(&outcome.listed) + outcome.unlinked.len(),
        chosen: outcome.chosen_count(),
        enters: enters.len(),
        leaves: leaves.len(),
        since_last: None,
        cost_year: outcome.cost_year(),
        proof,
    }
}

/// Writes `changes/<programme>.parquet` against the list of the edition before.
fn since_last(
    paths: &Paths,
    l: &Loaded,
    programme: &Programme,
    outcome: &Outcome,
) -> Result<Option<(usize, usize, usize)>, TargetError> {
    let Some(last) = &l.last else { return Ok(None) };
    let name = format!("{}.parquet", programme.id);
    let path = last.join("lists").join(&name);
    if !path.exists() {
        return Ok(None);
    }
    let before = list::read_chosen(&path, outcome.unit)?;
    let since = list::since(&l.frame, outcome, &before);
    let folder_of = paths.out.join("changes");
    folder(&folder_of)?;
    list::write_since(&folder_of.join(name), &l.frame, outcome, &since)?;
    Ok(Some((since.enters.len(), since.leaves.len(), since.gone.len())))
}

fn report(
    paths: &Paths,
    l: &Loaded,
    programme: &Programme,
    outcome: &Outcome,
    cells: &[Cell],
) -> Result<(), TargetError> {
    let report = EditionReport::new(&l.frame, &l.edition, programme, outcome, cells)?;
    let file = |end: &str| paths.out.join(format!("{}{end}", programme.id));
    save(&file(".html"), &edition_html(&report, Language::Indonesian)?)?;
    save(&file(".en.html"), &edition_html(&report, Language::English)?)?;
    save(&file(".csv"), &edition_csv(&report))
}

/// Runs the scenarios of `file`: writes `simulation.html`, `simulation.en.html`, `simulation.csv`.
///
/// # Errors
/// When something cannot be read or written, or a scenario names what is not there.
pub fn simulate(paths: &Paths, file: &Path) -> Result<Vec<(Scenario, Effect)>, TargetError> {
    let scenarios = Scenarios::load(file)?.0;
    let l = loaded(paths, scenarios.iter().any(|s| !s.weights.is_empty()))?;
    let mut simulators: BTreeMap<&str, Simulator<'_>> = BTreeMap::new();
    let mut effects = Vec::new();
    for scenario in &scenarios {
        let id = scenario.programme.as_str();
        if !simulators.contains_key(id) {
            let programme = l.programmes.get(id)?;
            simulators.insert(id, Simulator::new(&l.frame, programme, &l.schema)?);
        }
        effects.push(simulators[id].run(scenario)?);
    }
    let runs: Vec<_> = scenarios
        .iter()
        .zip(&effects)
        .map(|(s, e)| (simulators[s.programme.as_str()].programme(), s, e))
        .collect();
    folder(&paths.out)?;
    let html = |language| simulation_html(&l.frame, &l.edition, &runs, language);
    save(&paths.out.join("simulation.html"), &html(Language::Indonesian))?;
    save(&paths.out.join("simulation.en.html"), &html(Language::English))?;
    save(&paths.out.join("simulation.csv"), &simulation_csv(&runs))?;
    Ok(scenarios.into_iter().zip(effects).collect())
}

/// Errors of one programme.
#[derive(Debug, Clone)]
pub struct Errors {
    /// Programme id.
    pub programme: String,
    /// Against the rules.
    pub rates: meter::Rates,
    /// Against the cut alone, where the programme has one.
    pub by_decile: Option<meter::Rates>,
    /// With the uncertainty of the decile.
    pub expected: Option<meter::Expected>,
    /// By ground checks: undercoverage, leakage.
    pub audit: (Option<Estimate>, Option<Estimate>),
}

/// Counts errors: writes `errors.parquet` (all cells) and `errors.csv` (both rates for the province
/// and every regency, district and village). `audit` is a CSV of ground checks with the columns
/// `programme,unit_id,weight,entitled` (unit_id: person or family id; entitled: 0 or 1).
///
/// # Errors
/// When something cannot be read.
pub fn errors(
    paths: &Paths,
    names: &[String],
    audit: Option<&Path>,
) -> Result<Vec<Errors>, TargetError> {
    let l = loaded(paths, false)?;
    let checks = match audit {
        Some(path) => ground_checks(path)?,
        None => Vec::new(),
    };
    folder(&paths.out)?;
    let mut out = Vec::new();
    let mut counted: Vec<(&str, Vec<Cell>)> = Vec::new();
    let mut csv = String::from(REGIONS_HEAD);
    for programme in chosen(&l.programmes, names, &l.frame)? {
        let outcome = crate::run(&l.frame, programme, &l.schema)?;
        let none = Changes::new();
        let cells = meter::count(&l.frame, programme, &none, &outcome)?;
        let all = meter::totals(&cells, |_| ()).remove(&()).unwrap_or_default();
        let cut = match &programme.need.cut {
            Some(key) => {
                let values = programme.values_on(l.frame.day(), &none)?;
                Some(programme.number(key, &values)? as u8)
            }
            None => None,
        };
        regions_csv(&mut csv, &l.frame, programme, cut, &cells);
        out.push(Errors {
            programme: programme.id.clone(),
            rates: all.rates(),
            by_decile: cut.map(|cut| meter::Rates::by_decile(&cells, cut)),
            expected: meter::expected(&l.frame, programme, &none, &outcome)?,
            audit: meter::audit(&matched(&l.frame, programme, &outcome, &checks)),
        });
        counted.push((&programme.id, cells));
    }
    let cells: Vec<(&str, &[Cell])> = counted.iter().map(|(id, c)| (*id, c.as_slice())).collect();
    meter::write(&paths.out.join("errors.parquet"), &cells)?;
    save(&paths.out.join("errors.csv"), &csv)?;
    Ok(out)
}

const REGIONS_HEAD: &str = "programme,region,name,units,listed,eligible,unlisted_eligible,\
     listed_ineligible,undercoverage,leakage\n";

/// One line per region of every level. Rates stand against the cut where the programme has one, as
/// in the headline, else against the rules.
fn regions_csv(
    out: &mut String,
    frame: &Frame,
    programme: &Programme,
    cut: Option<u8>,
    cells: &[Cell],
) {
    let rate = |x: Option<f64>| x.map_or_else(String::new, |x| format!("{x:.4}"));
    // Cells ascend by village, so every region is one run of them, at every level.
    for divisor in [100_000_000, 1_000_000, 10_000, 1] {
        for part in cells.chunk_by(|a, b| a.village / divisor == b.village / divisor) {
            let code = part[0].village / divisor;
            let all = meter::totals(part, |_| ()).remove(&()).unwrap_or_default();
            let rates = cut.map_or_else(|| all.rates(), |cut| meter::Rates::by_decile(part, cut));
            let name = frame.region_names.get(&code).map_or("", String::as_str);
            let _ = writeln!(
                out,
                "{},{code},\"{}\",{},{},{},{},{},{},{}",
                programme.id,
                name.replace('"', "\"\""),
                all.listed() + all.unlisted(),
                all.listed(),
                all.eligible(),
                all.unlisted_eligible,
                all.listed_ineligible,
                rate(rates.undercoverage),
                rate(rates.leakage)
            );
        }
    }
}

/// A line of the file of ground checks: programme, unit id, weight, entitled.
type GroundCheck = (String, u64, f64, bool);

fn ground_checks(path: &Path) -> Result<Vec<GroundCheck>, TargetError> {
    let text = std::fs::read_to_string(path).map_err(|e| TargetError::io(path, e))?;
    let mut lines = text.lines().enumerate();
    let wrong = |line: usize, message: &str| TargetError::File {
        path: path.to_owned(),
        line: line + 1,
        key: String::new(),
        message: message.to_owned(),
    };
    const HEAD: &str = "programme,unit_id,weight,entitled";
    match lines.next() {
        Some((_, head)) if head.trim() == HEAD => {}
        _ => return Err(wrong(0, &format!("the first line must be `{HEAD}`"))),
    }
    let mut checks = Vec::new();
    for (number, line) in lines.filter(|(_, l)| !l.trim().is_empty()) {
        let fields: Vec<&str> = line.trim().split(',').collect();
        let read = match fields.as_slice() {
            [programme, id, weight, entitled @ ("0" | "1")] => {
                let weight: Option<f64> = weight.parse().ok().filter(|w| *w > 0.0);
                id.parse()
                    .ok()
                    .zip(weight)
                    .map(|(id, weight)| ((*programme).to_owned(), id, weight, *entitled == "1"))
            }
            _ => None,
        };
        checks.push(read.ok_or_else(|| {
            wrong(number, "write a programme, an id, a weight above 0, and 0 or 1")
        })?);
    }
    Ok(checks)
}

fn matched(
    frame: &Frame,
    programme: &Programme,
    outcome: &Outcome,
    checks: &[GroundCheck],
) -> Vec<Check> {
    let ids = match programme.unit {
        crate::schema::TableKind::Person => &frame.person.id,
        crate::schema::TableKind::Family => &frame.family.id,
    };
    let of = |(id, unit, weight, entitled): &GroundCheck| {
        let row = ids.binary_search(unit).ok().filter(|_| *id == programme.id)?;
        Some(Check { weight: *weight, listed: outcome.listed[row], entitled: *entitled })
    };
    checks.iter().filter_map(of).collect()
}
