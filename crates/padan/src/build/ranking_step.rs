//! The ranking step: fit on the survey, score every family, cut into deciles, keep the reasons.

mod families;
mod survey;

use engine::{Progress, ROW_GROUP_ROWS, TableBuilder, TableWriter, read_table};
use families::{Families, columns_of, families};
use kernel::{Date, UnrankedReason};
use ranking::{Columns, Cutoffs, Data, RankError, Scorecard, Unit, features};
use std::path::Path;

/// The target column this step adds to the survey.
const TARGET: &str = "log_consumption";
/// The region column this step adds to survey and families.
const REGENCY: &str = "regency";
/// The refits behind "8 of 10 draws".
const DRAWS: usize = 10;
/// A family with no answer to more than this share of the model's variables is not ranked.
const UNANSWERED_MAX: f64 = 0.5;

/// What the step reads.
pub struct Inputs<'a> {
    /// The edition step's folder.
    pub edition: &'a Path,
    /// Survey with consumption.
    pub survey: &'a Path,
    /// National reference sample; without one, deciles are those of the province.
    pub reference: Option<&'a Path>,
    /// The day ages are counted on.
    pub as_of: Date,
    /// Where to show progress.
    pub progress: &'a Progress,
}

/// Writes `scores`, `contributions`, `model.json`, `scorecard.json` and `cutoffs.json` into `out`.
/// Returns the number of families.
pub fn run(inputs: &Inputs<'_>, out: &Path) -> Result<u64, RankError> {
    let families = families(inputs)?;
    let model = survey::fit(inputs, &families.columns)?;
    let card = Scorecard::compile(&model);
    write(out, "model.json", &model.to_json()?)?;
    write(out, "scorecard.json", &card.to_json()?)?;
    inputs.progress.expect(families.id.len() as u64 * (DRAWS as u64 + 2), "family scores");
    let reference = inputs.reference.map(sample).transpose()?;
    let mut points = Vec::new();
    card.score_into(&families.columns, &mut points)?;
    inputs.progress.add(points.len() as u64);
    let ranked = standing(&card, &families)?;
    let own = cut(&card, reference.as_ref(), &points, &families, &ranked)?;
    write(out, "cutoffs.json", &own.cutoffs.to_json()?)?;
    let stays = stays(inputs, &model, reference.as_ref(), &families, &ranked, &own.decile)?;
    scores(out, &card, &families, &points, &ranked, &own, &stays)?;
    density(out, &families, &points, &ranked, &own)?;
    contributions(inputs, out, &card, &families)?;
    Ok(families.id.len() as u64)
}

fn write(out: &Path, name: &str, text: &str) -> Result<(), RankError> {
    engine::disk::write_file(&out.join(name), text.as_bytes()).map_err(from_engine)
}

fn from_engine(e: engine::EngineError) -> RankError {
    RankError::Data(e.to_string())
}

/// The reference sample as scoring reads it.
struct Reference {
    columns: Columns,
    weight: Vec<f64>,
}

fn sample(path: &Path) -> Result<Reference, RankError> {
    let table = read_table(path, &[]).map_err(from_engine)?;
    let mut columns = columns_of(&table)?;
    if columns.get(REGENCY).is_none() {
        // A national sample has no regency of this province: no regional deviation.
        columns.set(REGENCY, Data::U64(vec![0; table.rows()]))?;
    }
    features::floor_area_per_person(&mut columns)?;
    let weight = table.f64s("weight", 0.0).map_err(from_engine)?;
    let size = columns.get("size").ok_or_else(|| {
        RankError::Data(format!("{}: the reference sample has no column `size`", path.display()))
    })?;
    let weight = weight.iter().enumerate().map(|(i, w)| w * size.number(i).max(1.0)).collect();
    Ok(Reference { columns, weight })
}

/// 0 for families that are ranked, else why not ([`UnrankedReason`]).
fn standing(card: &Scorecard, families: &Families) -> Result<Vec<u8>, RankError> {
    let unanswered = card.unanswered(&families.columns)?;
    let most = UNANSWERED_MAX * card.variables.len() as f64;
    let reason = |row: usize| {
        if families.size[row] == 0 {
            Some(UnrankedReason::NotLiving)
        } else if !families.in_register[row] {
            Some(UnrankedReason::NotMatched)
        } else if !families.visited[row] {
            Some(UnrankedReason::NotVisited)
        } else if f64::from(unanswered[row]) > most {
            Some(UnrankedReason::Incomplete)
        } else {
            None
        }
    };
    Ok((0..families.id.len()).map(|row| reason(row).map_or(0, UnrankedReason::code)).collect())
}

/// Deciles of all families (0 where unranked), national and provincial.
struct Own {
    cutoffs: Cutoffs,
    decile: Vec<u8>,
    province: Vec<u8>,
}

fn cut(
    card: &Scorecard,
    reference: Option<&Reference>,
    points: &[i32],
    families: &Families,
    unranked: &[u8],
) -> Result<Own, RankError> {
    let rows: Vec<usize> = (0..points.len()).filter(|row| unranked[*row] == 0).collect();
    let of_ranked: Vec<i32> = rows.iter().map(|r| points[*r]).collect();
    let size: Vec<u16> = rows.iter().map(|r| families.size[*r]).collect();
    let id: Vec<u64> = rows.iter().map(|r| families.id[*r]).collect();
    let cutoffs = cutoffs(card, reference, &of_ranked, &size)?;
    let mut province = vec![0; points.len()];
    if !rows.is_empty() {
        let exact = ranking::cut::deciles(&of_ranked, &size, &id, Unit::People)?;
        rows.iter().zip(exact).for_each(|(row, decile)| province[*row] = decile);
    }
    let decile = national(&cutoffs, points, unranked);
    Ok(Own { cutoffs, decile, province })
}

/// National cut-offs from the reference sample; without one, the province's own.
fn cutoffs(
    card: &Scorecard,
    reference: Option<&Reference>,
    ranked: &[i32],
    size: &[u16],
) -> Result<Cutoffs, RankError> {
    match reference {
        None => Cutoffs::of_population(ranked, size, Unit::People),
        Some(reference) => {
            let mut points = Vec::new();
            card.score_into(&reference.columns, &mut points)?;
            Cutoffs::of_sample(&points, &reference.weight, Unit::People)
        }
    }
}

fn national(cutoffs: &Cutoffs, points: &[i32], unranked: &[u8]) -> Vec<u8> {
    let mut deciles = cutoffs.deciles(points);
    for (decile, reason) in deciles.iter_mut().zip(unranked) {
        if *reason != 0 {
            *decile = 0;
        }
    }
    deciles
}

/// In how many of the model's draws each family keeps its decile.
fn stays(
    inputs: &Inputs<'_>,
    model: &ranking::Model,
    reference: Option<&Reference>,
    families: &Families,
    unranked: &[u8],
    own: &[u8],
) -> Result<Vec<u8>, RankError> {
    let mut stays = vec![0u8; own.len()];
    let mut points = Vec::new();
    for draw in &model.draws {
        let card = Scorecard::compile(&model.drawn(draw));
        card.score_into(&families.columns, &mut points)?;
        let rows = (0..points.len()).filter(|row| unranked[*row] == 0);
        let (ranked, size): (Vec<i32>, Vec<u16>) =
            rows.map(|r| (points[r], families.size[r])).unzip();
        let cutoffs = cutoffs(&card, reference, &ranked, &size)?;
        for (row, decile) in national(&cutoffs, &points, unranked).into_iter().enumerate() {
            stays[row] += u8::from(decile != 0 && decile == own[row]);
        }
        inputs.progress.add(points.len() as u64);
    }
    Ok(stays)
}

/// Points on each side of a cut within which a village's balance is looked at (15 % of
/// consumption), the families it needs there, and the villages kept per cut.
const DENSITY: (i32, u32, usize) = (1_500, 20, 20);

/// Writes `density.json`: do scores pile up just below a cut, over all and per village?
fn density(
    out: &Path,
    families: &Families,
    points: &[i32],
    unranked: &[u8],
    own: &Own,
) -> Result<(), RankError> {
    let rows = (0..points.len()).filter(|row| unranked[*row] == 0);
    let (ranked, village): (Vec<i32>, Vec<u64>) =
        rows.map(|r| (points[r], families.village[r])).unzip();
    let (window, least, most) = DENSITY;
    let tests =
        ranking::density::at_cuts(&ranked, &village, &own.cutoffs.cuts, window, least, most);
    let document = serde_json::json!({
        "families": ranked.len(), "window": window, "least": least, "cuts": tests,
    });
    write(out, "density.json", &document.to_string())
}

fn scores(
    out: &Path,
    card: &Scorecard,
    families: &Families,
    points: &[i32],
    unranked: &[u8],
    own: &Own,
    stays: &[u8],
) -> Result<(), RankError> {
    let each = |f: &dyn Fn(i32) -> f64| points.iter().map(|p| f(*p)).collect::<Vec<f64>>();
    TableBuilder::new()
        .u64("family_id", families.id.clone())
        .f64("score", each(&|p| card.unit(p)))
        .f64("se", each(&|p| card.se(p)))
        .u8("decile", own.decile.clone())
        .u8("unranked_reason", unranked.to_vec())
        .u8("decile_province", own.province.clone())
        .f64("national_rank", each(&|p| own.cutoffs.rank(p)))
        .f64("p_decile_1_4", each(&|p| own.cutoffs.chance(card, p, 4)))
        .f64("p_decile_1_5", each(&|p| own.cutoffs.chance(card, p, 5)))
        .u8("stays_of_10", stays.to_vec())
        .write(&out.join("scores.parquet"))
        .map_err(from_engine)?;
    Ok(())
}

/// Points of every part of every score, a row group at a time.
fn contributions(
    inputs: &Inputs<'_>,
    out: &Path,
    card: &Scorecard,
    families: &Families,
) -> Result<(), RankError> {
    let names = card.part_names();
    let path = out.join("contributions.parquet");
    let mut writer: Option<TableWriter> = None;
    for from in (0..families.id.len().max(1)).step_by(ROW_GROUP_ROWS) {
        let to = (from + ROW_GROUP_ROWS).min(families.id.len());
        let parts = card.contributions(&slice(&families.columns, from, to)?)?;
        let mut table = TableBuilder::new()
            .u64("family_id", families.id[from..to].to_vec())
            .i32("base", vec![card.base; to - from]);
        for (name, part) in names.iter().zip(parts) {
            table = table.i32(name, part);
        }
        let batch = table.batch().map_err(from_engine)?;
        let writer = match &mut writer {
            Some(writer) => writer,
            None => writer.insert(TableWriter::create(&path, batch.schema()).map_err(from_engine)?),
        };
        writer.push(&batch).map_err(from_engine)?;
        inputs.progress.add((to - from) as u64);
    }
    writer.map_or(Ok(0), TableWriter::finish).map_err(from_engine)?;
    Ok(())
}

/// Some rows of all columns.
fn slice(columns: &Columns, from: usize, to: usize) -> Result<Columns, RankError> {
    let mut out = Columns::new(to - from);
    let names: Vec<&str> = columns.names().collect();
    for name in names {
        let data = match columns.get(name) {
            Some(Data::U8(v)) => Data::U8(v[from..to].to_vec()),
            Some(Data::U16(v)) => Data::U16(v[from..to].to_vec()),
            Some(Data::I32(v)) => Data::I32(v[from..to].to_vec()),
            Some(Data::U64(v)) => Data::U64(v[from..to].to_vec()),
            Some(Data::F64(v)) => Data::F64(v[from..to].to_vec()),
            None => continue,
        };
        out.set(name, data)?;
    }
    Ok(out)
}
