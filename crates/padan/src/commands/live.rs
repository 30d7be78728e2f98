//! The live half over a store: casework, its pages, the journal's files, and what runs beside them.

use super::serve::Kind;
use crate::estimate::EditionModel;
use crate::failure::Failure;
use access::Policies;
use casework::Casework;
use doors::{Doors, Jobs, Options, WhatsApp};
use journal::Signer;
use kernel::SystemClock;
use std::path::PathBuf;
use std::sync::Arc;
use store::{Place, Store, Vault};

/// The name of the journal in its checkpoints.
const ORIGIN: &str = "padan.local/journal";

/// What is served, and with which liberties.
pub struct Live {
    /// The room of cases.
    pub work: Casework,
    journal: PathBuf,
    signer: Signer,
}

impl Live {
    /// Opens the live half of a store.
    ///
    /// # Errors
    /// When a rule file is wrong or the store fails.
    pub fn open(store: &Store, vault: &Vault) -> Result<Self, Failure> {
        let policies = Policies::builtin().map_err(Failure::work)?;
        let clock = Arc::new(SystemClock);
        let work = Casework::new(store.clone(), vault.clone(), Arc::new(policies), clock)
            .map_err(Failure::work)?
            .with_estimate(Arc::new(EditionModel::new(store.clone(), vault.clone())));
        let signer = Signer::log(ORIGIN, &seed(vault)).map_err(Failure::work)?;
        Ok(Self { work, journal: beside(store, "journal"), signer })
    }

    /// Its pages. `demo` shows the one-click sign-ins and seeds accounts and cases once.
    ///
    /// # Errors
    /// When the demo cannot be seeded or the store fails.
    pub fn pages(&self, kind: &Kind, whatsapp: Option<WhatsApp>) -> Result<doors::Router, Failure> {
        let (synthetic, demo) = (kind.synthetic, kind.demo);
        if demo {
            doors::seed_demo(&self.work).map_err(Failure::work)?;
            doors::seed_decree(&self.work).map_err(Failure::work)?;
            doors::seed_history(&self.work).map_err(Failure::work)?;
        } else if let Some(token) = self.work.first_run_link().map_err(Failure::work)? {
            println!(
                "first run: /masuk/pertama/{} makes the administrator, once, within a day",
                token.expose()
            );
        }
        let journal = Some((self.journal.clone(), self.signer.verifier()));
        let options = Options { synthetic, demo, secure: kind.secure, journal };
        let mut doors = Doors::new(self.work.clone(), options).map_err(Failure::work)?;
        if let Some(config) = whatsapp {
            doors = doors.with_whatsapp(config);
            let talking = doors.clone();
            std::thread::spawn(move || doors::run_whatsapp(&talking, || false));
        }
        let ground = super::ground::router(&self.work, synthetic, demo)?;
        Ok(doors::router(doors).merge(ground))
    }

    /// Writes the journal's public key beside its folder (never into it: every file there is
    /// checked). With it, anybody verifies receipts.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn show_key(&self) -> Result<(), Failure> {
        let path = self.journal.with_extension("vkey");
        std::fs::write(&path, format!("{}\n", self.signer.verifier()))
            .map_err(|e| Failure::work(format!("{}: {e}", path.display())))
    }

    /// The demo's WhatsApp: its platform is the simulator of this very server.
    pub fn simulated_whatsapp(&self, listen: std::net::SocketAddr) -> WhatsApp {
        WhatsApp::simulated(&listen.to_string(), &self.work.vault().index("whatsapp.demo", b"1"))
    }

    /// Starts the jobs on a thread of their own; they end with the process.
    pub fn start_jobs(&self, store: &Store, demo: bool) {
        let outbox = demo.then(|| beside(store, "outbox"));
        let jobs = Jobs { journal: self.journal.clone(), signer: self.signer.clone(), outbox };
        let work = self.work.clone();
        std::thread::spawn(move || doors::run_jobs(&work, &jobs, || false));
    }
}

/// The journal's key comes from the key file outside the database, so it needs no file of its own.
fn seed(vault: &Vault) -> [u8; 32] {
    let mut seed = [0; 32];
    seed[..16].copy_from_slice(&vault.index("journal.signer", b"1"));
    seed[16..].copy_from_slice(&vault.index("journal.signer", b"2"));
    seed
}

/// `padan.db` → `padan.db.journal`; for PostgreSQL a folder here.
fn beside(store: &Store, what: &str) -> PathBuf {
    match store.place() {
        Place::Sqlite(path) => PathBuf::from(format!("{}.{what}", path.display())),
        Place::Postgres(_) => PathBuf::from(format!("padan.{what}")),
    }
}
