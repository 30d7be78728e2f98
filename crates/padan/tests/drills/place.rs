//! A folder with a published edition, accounts and invented people, and the real server over it.

use crate::http::{Answer, Body, send};
use access::Policies;
use casework::Casework;
use kernel::{Date, SystemClock};
use std::collections::BTreeMap;
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Query, Store, StoreError, Vault, params};

/// One invented person.
#[derive(Clone)]
pub struct Somebody {
    pub nik: String,
    pub born: String,
    pub village: u64,
}

/// A folder with all that a server leaves.
pub struct Place {
    dir: tempfile::TempDir,
    pub people: Vec<Somebody>,
    /// Session tokens by role.
    pub tokens: BTreeMap<String, String>,
    /// The village of the demo's operator.
    pub village: u64,
}

impl Place {
    /// An edition of so many families, published, with one account per role.
    pub fn new(families: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let edition = dir.path().join("edition");
        std::fs::create_dir(&edition).unwrap();
        publish::fixture::write(&edition, "2026-4", 1, families).unwrap();
        let mut place = Self { dir, people: people(&edition), tokens: BTreeMap::new(), village: 0 };
        let (store, vault) = place.store();
        publish::publish(&edition, &store, &vault, 1_795_336_500_000, &mut |_| ()).unwrap();
        let work = place.work();
        place.village = doors::seed_demo(&work).unwrap().unwrap().number();
        place.tokens = work
            .accounts()
            .unwrap()
            .into_iter()
            .map(|account| (account.login, work.begin(account.account, true).unwrap().0.expose()))
            .collect();
        place
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn url(&self) -> String {
        format!("sqlite:{}", self.path().join("padan.db").display())
    }

    fn store(&self) -> (Store, Vault) {
        let store = Store::open(&self.url()).unwrap();
        let vault = Vault::open_or_create(&store.place().default_keys()).unwrap();
        (store, vault)
    }

    /// The room of cases over the same files, beside the server.
    pub fn work(&self) -> Casework {
        let (store, vault) = self.store();
        let policies = Arc::new(Policies::builtin().unwrap());
        Casework::new(store, vault, policies, Arc::new(SystemClock)).unwrap()
    }

    /// People of the operator's village.
    pub fn villagers(&self) -> Vec<Somebody> {
        self.people.iter().filter(|one| one.village == self.village).cloned().collect()
    }

    pub fn bearer(&self, role: &str) -> String {
        format!("Bearer {}", self.tokens[role])
    }
}

/// A number from the store.
pub fn number(work: &Casework, sql: &str) -> i64 {
    work.store()
        .read::<_, StoreError>(|reader| reader.query_one(sql, params![])?.get("n"))
        .unwrap_or_else(|e| panic!("{sql}: {e}"))
}

fn people(edition: &Path) -> Vec<Somebody> {
    let columns = ["nik", "birth_date", "village", "alive"];
    let table = engine::read_table(&edition.join("persons.parquet"), &columns).unwrap();
    let (nik, village) = (table.u64s("nik", 0).unwrap(), table.u64s("village", 0).unwrap());
    let born = table.dates("birth_date", i32::MIN).unwrap();
    let alive = table.bools("alive", true).unwrap();
    (0..table.rows())
        .filter(|row| alive[*row] && born[*row] != i32::MIN && nik[*row] > 0)
        .map(|row| Somebody {
            nik: format!("{:016}", nik[row]),
            born: Date::from_days(born[row]).to_string(),
            village: village[row],
        })
        .collect()
}

/// A running server.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    began: Instant,
}

impl Server {
    /// Starts it; what it prints is added to `server.log`.
    pub fn start(place: &Place, envs: &[(&str, PathBuf)]) -> Self {
        Self::launch(place, envs, &[])
    }

    /// The same with WhatsApp's keys.
    pub fn with_whatsapp(place: &Place, keys: &Path) -> Self {
        Self::launch(place, &[], &["--whatsapp", &keys.to_string_lossy()])
    }

    fn launch(place: &Place, envs: &[(&str, PathBuf)], more: &[&str]) -> Self {
        let log = || {
            let path = place.path().join("server.log");
            File::options().create(true).append(true).open(path).unwrap()
        };
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_padan"))
            .args(["serve", "--synthetic", "--store", &place.url()])
            .args(["--listen", &free.to_string()])
            .args(more)
            .envs(envs.iter().map(|(name, value)| (name, value)))
            .current_dir(place.path())
            .stdin(Stdio::null())
            .stdout(log())
            .stderr(log())
            .spawn()
            .unwrap();
        Self { child, address: free, began: Instant::now() }
    }

    /// How long it took until it answered as ready.
    pub fn ready(&mut self, within: Duration) -> Duration {
        loop {
            let asked = send(self.address, "GET", "/readyz", &[], &Body::none());
            if asked.is_ok_and(|answer| answer.status == 200) {
                return self.began.elapsed();
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended by itself: {ended:?}");
            assert!(self.began.elapsed() < within, "not ready within {within:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn get(&self, path: &str, bearer: &str) -> Answer {
        send(self.address, "GET", path, &[("authorization", bearer)], &Body::none()).unwrap()
    }

    pub fn post(&self, path: &str, bearer: &str, body: &Body) -> Answer {
        send(self.address, "POST", path, &[("authorization", bearer)], body).unwrap()
    }
}

/// Killed at once, as by `kill -9`: nothing of the process may run on.
impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
