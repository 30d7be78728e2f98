//! The ranking step: fit on the survey, score every family, cut into deciles, keep the reasons.

use engine::{Progress, ROW_GROUP_ROWS, TableBuilder, TableWriter, read_table};
use kernel::{Date, UnrankedReason};
use ranking::features::{self, People};
use ranking::{Columns, Cutoffs, Data, RankError, Scorecard, Settings, Unit};
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
    let model = fit(inputs.survey, &families.columns)?;
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
    contributions(inputs, out, &card, &families)?;
    Ok(families.id.len() as u64)
}

fn write(out: &Path, name: &str, text: &str) -> Result<(), RankError> {
    engine::disk::write_file(&out.join(name), text.as_bytes()).map_err(from_engine)
}

fn from_engine(e: engine::EngineError) -> RankError {
    RankError::Data(e.to_string())
}

/// The families of the edition with everything a model may ask for.
struct Families {
    id: Vec<u64>,
    size: Vec<u16>,
    visited: Vec<bool>,
    /// Whether any living member stands in the civil register.
    in_register: Vec<bool>,
    columns: Columns,
}

fn families(inputs: &Inputs<'_>) -> Result<Families, RankError> {
    let table = read_table(&inputs.edition.join("families.parquet"), &[]).map_err(from_engine)?;
    let id = table.u64s("family_id", 0).map_err(from_engine)?;
    let size = table.u16s("member_count", 0).map_err(from_engine)?;
    let visited = table.dates("visited_date", i32::MIN).map_err(from_engine)?;
    let village = table.u64s("village", 0).map_err(from_engine)?;
    let mut columns = columns_of(&table)?;
    columns.set(REGENCY, regencies(&village))?;
    let mut families = Families {
        in_register: vec![false; id.len()],
        visited: visited.iter().map(|d| *d != i32::MIN).collect(),
        id,
        size,
        columns,
    };
    drop(table);
    add_people(inputs, &mut families)?;
    Ok(families)
}

/// The number columns of a table.
fn columns_of(table: &engine::Table) -> Result<Columns, RankError> {
    let mut out = Columns::new(table.rows());
    let parts: Vec<Columns> =
        table.batches().iter().map(Columns::from_batch).collect::<Result<_, _>>()?;
    let Some(first) = parts.first() else { return Ok(out) };
    for name in first.names() {
        if name.ends_with("_from") || name.ends_with("_id") || name == "kk" {
            continue;
        }
        let pieces: Vec<&Data> = parts.iter().filter_map(|p| p.get(name)).collect();
        out.set(name, joined(&pieces))?;
    }
    Ok(out)
}

/// Pieces of one column, one after the other.
fn joined(pieces: &[&Data]) -> Data {
    macro_rules! join {
        ($kind:ident) => {
            Data::$kind(
                pieces
                    .iter()
                    .flat_map(|p| match p {
                        Data::$kind(v) => v.as_slice(),
                        _ => &[],
                    })
                    .copied()
                    .collect(),
            )
        };
    }
    match pieces.first() {
        Some(Data::U8(_)) => join!(U8),
        Some(Data::U16(_)) => join!(U16),
        Some(Data::I32(_)) => join!(I32),
        Some(Data::U64(_)) => join!(U64),
        _ => join!(F64),
    }
}

/// Regency codes of villages (or of codes that are regencies already).
fn regencies(village: &[u64]) -> Data {
    let regency = |code: &u64| match code {
        1_000_000_000.. => code / 1_000_000,
        100_000.. => code / 100,
        _ => *code,
    };
    Data::U64(village.iter().map(regency).collect())
}

/// Adds the features that come from the people of each family.
fn add_people(inputs: &Inputs<'_>, families: &mut Families) -> Result<(), RankError> {
    let difficulties = [
        "difficulty_seeing",
        "difficulty_hearing",
        "difficulty_walking",
        "difficulty_hands",
        "difficulty_learning",
        "difficulty_behaviour",
        "difficulty_communicating",
        "difficulty_self_care",
        "difficulty_remembering",
    ];
    let mut wanted = vec![
        "family_id",
        "sex",
        "birth_date",
        "alive",
        "presence",
        "in_spine",
        "relation",
        "marital_status",
        "school_participation",
        "diploma",
        "worked",
        "work_sector",
        "work_status",
        "business_owned",
        "business_turnover",
        "chronic_illness",
    ];
    wanted.extend(difficulties);
    let p = read_table(&inputs.edition.join("persons.parquet"), &wanted).map_err(from_engine)?;
    let codes = |name: &str| p.u8s(name, u8::MAX).map_err(from_engine);
    let alive = p.bools("alive", true).map_err(from_engine)?;
    let in_spine = p.bools("in_spine", false).map_err(from_engine)?;
    let presence = codes("presence")?;
    let family_id = p.u64s("family_id", 0).map_err(from_engine)?;
    let mut family = Vec::with_capacity(alive.len());
    for (i, id) in family_id.iter().enumerate() {
        // The dead, those who moved away and those abroad are no members.
        let lives_here = alive[i] && !matches!(presence[i], 2..=4);
        // Families are ordered by id.
        let row = families.id.binary_search(id).ok().filter(|_| lives_here);
        let row = row.map_or(u32::MAX, |row| row as u32);
        if row != u32::MAX && in_spine[i] {
            families.in_register[row as usize] = true;
        }
        family.push(row);
    }
    let as_of = inputs.as_of;
    let birth = p.dates("birth_date", i32::MIN).map_err(from_engine)?;
    let age: Vec<u8> = birth
        .iter()
        .map(|d| match *d {
            i32::MIN => u8::MAX,
            day => Date::from_days(day).age_on(as_of).clamp(0, 120) as u8,
        })
        .collect();
    let mut difficulty = vec![u8::MAX; family.len()];
    for name in difficulties {
        for (least, code) in difficulty.iter_mut().zip(codes(name)?) {
            *least = (*least).min(code);
        }
    }
    let people = People {
        family: &family,
        relation: &codes("relation")?,
        age: &age,
        sex: &codes("sex")?,
        marital_status: &codes("marital_status")?,
        school_participation: &codes("school_participation")?,
        diploma: &codes("diploma")?,
        worked: &codes("worked")?,
        work_sector: &codes("work_sector")?,
        work_status: &codes("work_status")?,
        business_owned: &codes("business_owned")?,
        business_turnover: &codes("business_turnover")?,
        difficulty: &difficulty,
        chronic_illness: &codes("chronic_illness")?,
    };
    features::derive(&people, &mut families.columns)
}

/// Fits the model on the features that survey and registry share.
fn fit(survey: &Path, families: &Columns) -> Result<ranking::Model, RankError> {
    let mut frame = ranking::read::read(survey, &[])?;
    let consumption = frame.numbers("consumption_rupiah_month")?.to_vec();
    let log = |c: &f64| if *c > 0.0 { c.ln() } else { f64::NAN };
    frame.push(TARGET, ranking::Column::Number(consumption.iter().map(log).collect()))?;
    let village = frame.numbers("village")?.to_vec();
    let whole: Vec<u64> = village.iter().map(|v| if v.is_nan() { 0 } else { *v as u64 }).collect();
    let Data::U64(regency) = regencies(&whole) else {
        return Err(RankError::Data("regencies are whole numbers".into()));
    };
    let regency = regency.into_iter().map(|r| r as f64).collect();
    frame.push(REGENCY, ranking::Column::Number(regency))?;
    add_floor_per_person(&mut frame)?;
    let not_features = ["village", REGENCY, "visited_date", "member_count", "card_status"];
    let shared: Vec<&str> = families
        .names()
        .filter(|n| frame.names().iter().any(|f| f == n) && !not_features.contains(n))
        .collect();
    let mut settings = Settings::new(TARGET, &shared.join(","));
    settings.categorical =
        features::code_lists(&shared.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
    settings.weight = Some("weight".into());
    settings.id = Some("household".into());
    settings.cluster = Some("psu".into());
    settings.strata = Some("strata".into());
    settings.region = Some(REGENCY.into());
    settings.draws = DRAWS;
    // One contribution column per variable: a family's page must be able to say what each one adds.
    settings.pairs = 0;
    ranking::fit(&frame, &settings)
}

/// Floor area per person, as `features::floor_area_per_person` makes it.
fn add_floor_per_person(frame: &mut ranking::Frame) -> Result<(), RankError> {
    let has = |name: &str| frame.names().iter().any(|n| n == name);
    if has(features::FLOOR_PER_PERSON) || !has("floor_area_m2") || !has("size") {
        return Ok(());
    }
    let pairs = frame.numbers("floor_area_m2")?.iter().zip(frame.numbers("size")?);
    let values: Vec<f64> =
        pairs.map(|(area, size)| (area / size.max(1.0)).round().clamp(0.0, 500.0)).collect();
    frame.push(features::FLOOR_PER_PERSON, ranking::Column::Number(values))
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
