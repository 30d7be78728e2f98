//! The store, filled, and the server over it.

use crate::mix::{Known, Mix, Operator, Somebody};
use crate::{Failure, Options};
use access::{Actor, Policies, Role, Territory};
use casework::{Casework, Change, Channel, NewAccount, NewReport, Subject};
use kernel::{Date, FamilyId, Nik, Region, SystemClock};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::testing::TestPostgres;
use store::{Store, Vault};

/// Villages that have an operator, at most.
const VILLAGES: usize = 40;
/// Threads that file cases: their commits are shared.
const FILERS: usize = 16;
/// Cases whose ticket is kept to be asked for.
const KNOWN: usize = 4_000;

/// The store.
pub struct Place {
    url: String,
    keys: PathBuf,
    edition: PathBuf,
    dir: PathBuf,
    /// Stopped and removed at the end.
    postgres: Option<TestPostgres>,
}

/// A person of the edition, for filing.
struct Row {
    nik: u64,
    born: i32,
    family: u64,
    village: u64,
}

impl Place {
    /// Opens (and for PostgreSQL, starts) the store and publishes the edition into it.
    pub fn open(options: &Options) -> Result<Self, Failure> {
        std::fs::create_dir_all(&options.dir)?;
        let postgres = match options.store.as_str() {
            "sqlite" => None,
            "postgres" => Some(TestPostgres::start()?.ok_or("no PostgreSQL on this machine")?),
            other => return Err(format!("--store sqlite or postgres, not {other}").into()),
        };
        let url = match &postgres {
            Some(server) => server.new_database()?,
            None => format!("sqlite:{}", options.dir.join("load.db").display()),
        };
        let place = Self {
            url,
            keys: options.dir.join("load.keys"),
            edition: options.edition.clone(),
            dir: options.dir.clone(),
            postgres,
        };
        let began = Instant::now();
        let (store, vault) = place.store()?;
        if store.current_edition()?.is_none() {
            publish::publish(
                &place.edition,
                &store,
                &vault,
                kernel::Clock::now_ms(&SystemClock),
                &mut |_| (),
            )?;
            println!("published in {:.1} s", began.elapsed().as_secs_f64());
        }
        Ok(place)
    }

    fn store(&self) -> Result<(Store, Vault), Failure> {
        Ok((Store::open(&self.url)?, Vault::open_or_create(&self.keys)?))
    }

    /// Files cases, and gives what requests are made of.
    pub fn fill(&self, cases: u64) -> Result<Mix, Failure> {
        let (store, vault) = self.store()?;
        let clock = Arc::new(SystemClock);
        let work = Casework::new(store, vault, Arc::new(Policies::builtin()?), clock)?;
        let run = work.now_ms() as u64;
        let rows = rows(&self.edition)?;
        let mut by_village: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (at, row) in rows.iter().enumerate() {
            by_village.entry(row.village).or_default().push(at);
        }
        let mut villages: Vec<(u64, Vec<usize>)> = by_village.into_iter().collect();
        villages.sort_by_key(|(village, people)| (std::cmp::Reverse(people.len()), *village));
        villages.truncate(VILLAGES);
        let operators = villages
            .iter()
            .map(|(village, people)| operator(&work, *village, people, run))
            .collect::<Result<Vec<_>, Failure>>()?;
        let began = Instant::now();
        let known = file_all(&work, &rows, &villages, cases, run)?;
        println!("filed {cases} cases in {:.1} s", began.elapsed().as_secs_f64());
        let regions = villages.iter().map(|(village, _)| Region::from_number(*village));
        let regions = regions.map(|r| r.map(|r| r.to_string())).collect::<Result<Vec<_>, _>>()?;
        let people = rows
            .iter()
            .map(|row| Somebody {
                nik: format!("{:016}", row.nik),
                born: Date::from_days(row.born).to_string(),
            })
            .collect();
        Ok(Mix { people, operators, cases: known, regions, run })
    }

    /// Starts the real server and waits until it is ready.
    pub fn serve(&self, port: u16) -> Result<Server, Failure> {
        let program = std::env::current_exe()?;
        let program = program.parent().and_then(Path::parent).ok_or("no folder of programs")?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let log = std::fs::File::create(self.dir.join("server.log"))?;
        let mut command = Command::new(program.join("padan"));
        command.args(["serve", "--synthetic", "--store", &self.url, "--keys"]).arg(&self.keys);
        command.args(["--listen", &address.to_string()]).current_dir(&self.dir);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().map_err(|e| format!("padan (build it first): {e}"))?;
        let mut server = Server { child, address };
        let ready = crate::http::Request::get("/readyz", "");
        let began = Instant::now();
        while crate::http::Client::new(address).ask(&ready) != 200 {
            if server.child.try_wait()?.is_some() || began.elapsed() > Duration::from_secs(60) {
                return Err("the server did not become ready; see server.log".into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        println!("ready in {:.2} s", began.elapsed().as_secs_f64());
        Ok(server)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // The rows of a PostgreSQL go with it; a SQLite file stays for the next run.
        self.postgres = None;
    }
}

/// An account for the village and its session.
fn operator(
    work: &Casework,
    village: u64,
    people: &[usize],
    run: u64,
) -> Result<Operator, Failure> {
    let account = work.make_account(
        None,
        NewAccount {
            login: format!("operator-{village}-{run}"),
            name: "Operator".to_owned(),
            role: Role::VillageOperator,
            territory: Territory::In(Region::from_number(village)?),
            password: None,
            family: None,
            person: None,
        },
    )?;
    let token = work.begin(account, true)?.0.expose();
    Ok(Operator { token, people: people.to_vec() })
}

/// Files cases from several threads, so that commits are shared as under a server.
fn file_all(
    work: &Casework,
    rows: &[Row],
    villages: &[(u64, Vec<usize>)],
    cases: u64,
    run: u64,
) -> Result<Vec<Known>, Failure> {
    let part = |first: usize| -> Result<Vec<Known>, Failure> {
        let mut known = Vec::new();
        for at in (first as u64..cases).step_by(FILERS) {
            let operator = at as usize % villages.len();
            let people = &villages[operator].1;
            let row = &rows[people[(at as usize / villages.len()) % people.len()]];
            let filed = work.file_report(&Actor::visitor(), report(work, row, at, run)?)?;
            if known.len() < KNOWN / FILERS && !filed.follow.is_empty() {
                known.push(Known { ticket: filed.ticket, word: filed.follow, operator });
            }
        }
        Ok(known)
    };
    std::thread::scope(|scope| {
        let part = &part;
        let threads: Vec<_> = (0..FILERS).map(|n| scope.spawn(move || part(n))).collect();
        let mut known = Vec::new();
        for thread in threads {
            known.extend(thread.join().map_err(|_| "a filer panicked")??);
        }
        Ok(known)
    })
}

/// Each report of its own value, so that it becomes a case of its own.
fn report(work: &Casework, row: &Row, at: u64, run: u64) -> Result<NewReport, Failure> {
    let columns = ["wall_material", "roof_material", "tenure", "water_source", "toilet"];
    let nik = Nik::from_number(row.nik)?;
    Ok(NewReport {
        id: format!("fill-{run}-{at}"),
        kind: "objection".to_owned(),
        channel: Channel::Portal,
        village: Region::from_number(row.village)?,
        subject: Subject::Family(FamilyId::new(row.family)),
        person: None,
        text: "Data rumah kami tidak sesuai".to_owned(),
        changes: vec![Change {
            variable: columns[at as usize % columns.len()].to_owned(),
            person: None,
            value: "3".to_owned(),
        }],
        topics: Vec::new(),
        contact: None,
        reporter: work.vault().nik_index(nik),
        about_self: true,
        urgent: false,
        evidence: Vec::new(),
    })
}

fn rows(edition: &Path) -> Result<Vec<Row>, Failure> {
    let columns = ["nik", "birth_date", "village", "family_id", "alive"];
    let table = engine::read_table(&edition.join("persons.parquet"), &columns)?;
    let (nik, family) = (table.u64s("nik", 0)?, table.u64s("family_id", 0)?);
    let (village, born) = (table.u64s("village", 0)?, table.dates("birth_date", i32::MIN)?);
    let alive = table.bools("alive", true)?;
    let keep = |row: &usize| {
        alive[*row]
            && born[*row] != i32::MIN
            && Nik::from_number(nik[*row]).is_ok()
            && family[*row] > 0
    };
    let row =
        |at: usize| Row { nik: nik[at], born: born[at], family: family[at], village: village[at] };
    Ok((0..table.rows()).filter(keep).map(row).collect())
}

/// The running server; killed at the end.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Its memory now.
    pub fn memory_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let line = status.unwrap_or_default();
        let kib = line.lines().find_map(|line| line.strip_prefix("VmRSS:")).map(str::trim);
        kib.and_then(|text| text.split(' ').next()?.parse::<u64>().ok()).unwrap_or(0) / 1_024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
