//! The run: regencies as tasks over threads, everything streamed village by village.

use crate::calibrate::{Counts, Figure, figures};
use crate::deliveries::{self, Case, Desk, Entry, crosswalk};
use crate::error::{ProvinceError, Result};
use crate::listing::Listing;
use crate::rates::{self, Rates};
use crate::serials::Serials;
use crate::spec::{self, Quarter};
use crate::survey::{self, Sampled, Survey};
use crate::truth::{self, Truth};
use crate::world::World;
use crate::{Options, Progress, Summary, events, pilot, table, village};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What one regency's task gives back.
struct Done {
    counts: Counts,
    sample: Vec<Sampled>,
    records: [u64; Entry::COUNT],
    damage: [u64; 20],
    families: u64,
}

/// Everything that the tasks share.
struct Plan<'a> {
    world: World,
    listing: Listing,
    rates: Rates,
    quarter: Quarter,
    folder: &'a Path,
}

pub(crate) fn run(options: &Options, progress: &mut dyn Progress) -> Result<Summary> {
    let rates_text = options.rates.as_deref().unwrap_or(rates::EMBEDDED);
    let rates = Rates::read(rates_text)?;
    if !(1..=8).contains(&options.quarter) {
        return Err(ProvinceError::Option(format!(
            "quarter {} cannot be made; ask for 1 to 8",
            options.quarter
        )));
    }
    progress.step("pilot", 0);
    let (world, listing) = pilot::world(options.seed, options.people, spec::FIRST, &rates)?;
    let quarter = Quarter::number(options.quarter);
    let folder = options.out.as_path();
    make_folders(folder)?;
    let plan = Plan { world, listing, rates, quarter, folder };
    crosswalk::write(&plan.world.frame, folder)?;
    survey::write_nation(&plan.world, &folder.join("survey/national.parquet"))?;
    progress.step("people", options.people);
    let done = over_regencies(&plan, options.threads, progress)?;
    progress.step("joining", 0);
    join(folder, done.len())?;
    spec::write(&plan.quarter, folder)?;
    write_text(&folder.join("rates.toml"), rates_text)?;
    summarise(&plan, done)
}

fn make_folders(folder: &Path) -> Result<()> {
    let parents = Entry::ALL.iter().map(|e| folder.join(e.path(0)));
    let others = ["survey/x", "truth/x", crosswalk::PATH].map(|p| folder.join(p));
    for path in parents.chain(others) {
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(|e| ProvinceError::file(parent, e))?;
    }
    Ok(())
}

fn write_text(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|e| ProvinceError::file(path, e))
}

/// Runs the regencies over threads, the most populous first; gives their results in order of code.
fn over_regencies(
    plan: &Plan<'_>,
    threads: usize,
    progress: &mut dyn Progress,
) -> Result<Vec<Done>> {
    let regencies = &plan.world.frame.regencies;
    let mut order: Vec<usize> = (0..regencies.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(regencies[*at].people));
    let threads = match threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        n => n,
    };
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<Result<Done>>>> =
        Mutex::new((0..regencies.len()).map(|_| None).collect());
    let progress = Mutex::new(progress);
    let broken = || ProvinceError::Shape("a task ended without a result".to_owned());
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, regencies.len()) {
            scope.spawn(|| {
                while let Some(at) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let done = regency(plan, *at, &progress);
                    let failed = done.is_err();
                    if let Ok(mut results) = results.lock() {
                        results[*at] = Some(done);
                    }
                    if failed {
                        next.store(order.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let results = results.into_inner().map_err(|_| broken())?;
    let mut out = Vec::with_capacity(results.len());
    let mut missing = false;
    for result in results {
        match result {
            Some(result) => out.push(result?),
            None => missing = true,
        }
    }
    if missing { Err(broken()) } else { Ok(out) }
}

/// One regency: its villages one after the other, each family handed to every source.
fn regency(plan: &Plan<'_>, at: usize, progress: &Mutex<&mut dyn Progress>) -> Result<Done> {
    let frame = &plan.world.frame;
    let regency = &frame.regencies[at];
    let desk = Desk {
        world: &plan.world,
        rates: &plan.rates,
        today: plan.quarter.as_of,
        folder: plan.folder,
        regency: regency.region.number(),
    };
    let mut truth = Truth::create(&plan.folder.join("truth"), at, desk.regency)?;
    let mut sources = deliveries::open(&desk)?;
    let mut survey = Survey::create(&survey_part(plan.folder, at), false, plan.quarter.as_of)?;
    let (mut counts, mut sample, mut families_all) = (Counts::default(), Vec::new(), 0);
    let mut before: u64 = frame.villages[..regency.villages.start].iter().map(|v| v.people).sum();
    for district_at in regency.districts.clone() {
        let district = &frame.districts[district_at];
        let mut serials = Serials::new(district.region.number(), district_at);
        for village_at in district.villages.clone() {
            let people = frame.villages[village_at].people;
            if people == 0 {
                continue;
            }
            let families = village::draw(&plan.world, &plan.rates, village_at, &mut serials);
            let (world, rates) = (&plan.world, &plan.rates);
            let families =
                events::unfold(world, rates, plan.quarter.number, families, &mut serials);
            let mut neighbour_nik = families[families.len() - 1].head().nik;
            for family in &families {
                let lists = plan.listing.lists(plan.world.seed, family, at, desk.today);
                counts.family(family, at, &lists, desk.today);
                truth.family(&plan.world, family)?;
                let case = Case { family, lists: &lists, neighbour_nik };
                for source in &mut sources {
                    source.family(&desk, &case, &mut truth)?;
                }
                neighbour_nik = family.head().nik;
            }
            survey.village(&plan.world, village_at, &families, before, &mut sample)?;
            families_all += families.len() as u64;
            before += people;
            if let Ok(mut progress) = progress.lock() {
                progress.add(people);
            }
        }
    }
    for source in sources {
        source.close()?;
    }
    survey.close()?;
    let (records, damage) = (truth.counts, truth.damage);
    truth.close()?;
    Ok(Done { counts, sample, records, damage, families: families_all })
}

fn survey_part(folder: &Path, regency: usize) -> PathBuf {
    folder.join(format!("survey/susenas-{regency:02}.part"))
}

/// Joins the parts that the regencies wrote.
fn join(folder: &Path, regencies: usize) -> Result<()> {
    let truth_folder = folder.join("truth");
    for name in truth::TABLES {
        let parts: Vec<PathBuf> =
            (0..regencies).map(|at| truth::part(&truth_folder, name, at)).collect();
        table::join(&parts, &truth_folder.join(format!("{name}.parquet")))?;
    }
    let parts: Vec<PathBuf> = (0..regencies).map(|at| survey_part(folder, at)).collect();
    table::join(&parts, &folder.join("survey/susenas.parquet"))
}

fn summarise(plan: &Plan<'_>, done: Vec<Done>) -> Result<Summary> {
    let mut counts = Counts::default();
    let (mut records, mut damage) = ([0; Entry::COUNT], [0; 20]);
    let (mut sample, mut families) = (Vec::new(), 0);
    for part in done {
        counts.add(&part.counts);
        sample.extend(part.sample);
        families += part.families;
        records.iter_mut().zip(part.records).for_each(|(a, b)| *a += b);
        damage.iter_mut().zip(part.damage).for_each(|(a, b)| *a += b);
    }
    let names: Vec<&str> = plan.world.frame.regencies.iter().map(|r| r.name.as_str()).collect();
    let calibration: Vec<Figure> = figures(&counts, &sample, &names);
    let json = serde_json::to_string_pretty(&calibration)
        .map_err(|e| ProvinceError::Shape(e.to_string()))?;
    write_text(&plan.folder.join("calibration.json"), &(json + "\n"))?;
    Ok(Summary {
        edition: plan.quarter.edition.clone(),
        people: counts.people_all(),
        families,
        records: Entry::ALL.iter().map(|e| (e.glob(), records[*e as usize])).collect(),
        damage: damage.iter().enumerate().map(|(bit, n)| (1 << bit, *n)).collect(),
        sampled: sample.len() as u64,
        calibration,
    })
}
