//! What handlers are given: the store, the keys, the clock, and facts read once.

use crate::guard::Limiter;
use crate::outlines::{self, Outlines};
use crate::simulate::Programme;
use crate::view::View;
use access::{Action, Resource};
use casework::{Casework, CaseworkError, Pulse, Session};
use kernel::{Clock, Region};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use store::{EditionRow, Store, StoreError, Vault};

/// A pulse is counted anew after this long, in milliseconds: a page never waits for thousands of
/// reports to be counted twice a minute.
const PULSE_MS: i64 = 60_000;

/// One answer of a family that would move its decile if it were shown to be otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WouldChange {
    /// The column of the family table.
    pub column: String,
    /// The answer it would be.
    pub to: i64,
    /// The decile then.
    pub decile: u8,
}

/// Finds them for a family number, strongest first, poorer before richer.
pub type WouldChanges = dyn Fn(u64) -> Vec<WouldChange> + Send + Sync;

/// Simulators kept in memory.
const SIMULATORS_MAX: usize = 24;

/// The state of the server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    store: Store,
    vault: Vault,
    clock: Box<dyn Clock + Send + Sync>,
    synthetic: bool,
    outlines: Mutex<Arc<Outlines>>,
    views: Mutex<BTreeMap<u32, Arc<View>>>,
    simulators: Mutex<BTreeMap<(u32, String), Arc<Programme>>>,
    pulses: Mutex<BTreeMap<u64, (i64, Arc<Pulse>)>>,
    limiter: Limiter,
    objections: OnceLock<String>,
    api: OnceLock<String>,
    would_change: OnceLock<Arc<WouldChanges>>,
    work: OnceLock<Casework>,
}

impl App {
    /// A server over `store`. `synthetic` puts the banner on every page.
    ///
    /// # Errors
    /// When the store is away.
    pub fn new(
        store: Store,
        vault: Vault,
        clock: Box<dyn Clock + Send + Sync>,
        synthetic: bool,
    ) -> Result<Self, StoreError> {
        let outlines = Mutex::new(Arc::new(outlines::load(&store)?));
        let views = Mutex::new(BTreeMap::new());
        let simulators = Mutex::new(BTreeMap::new());
        let pulses = Mutex::new(BTreeMap::new());
        let limiter = Limiter::default();
        let (objections, api) = (OnceLock::new(), OnceLock::new());
        let (would_change, work) = (OnceLock::new(), OnceLock::new());
        Ok(Self(Arc::new(Inner {
            store,
            vault,
            clock,
            synthetic,
            outlines,
            views,
            simulators,
            pulses,
            limiter,
            objections,
            api,
            would_change,
            work,
        })))
    }

    /// Where an objection is made, once a room that takes them is served beside these pages
    /// (for example `/lapor/objection`). Until then links lead to the help on wrong data.
    #[must_use]
    pub fn with_objections(self, path: &str) -> Self {
        // Set once at the start; a second call changes nothing.
        self.0.objections.get_or_init(|| path.to_owned());
        self
    }

    /// Adds the OpenAPI document of a room that is served beside these pages, so that
    /// `/api/openapi.json` covers the whole server.
    #[must_use]
    pub fn with_api(self, document: &str) -> Self {
        self.0.api.get_or_init(|| crate::pages::api::joined(document));
        self
    }

    /// The OpenAPI document of the whole server.
    #[must_use]
    pub fn api(&self) -> &str {
        self.0.api.get().map_or(crate::pages::api::OPENAPI, String::as_str)
    }

    /// What finds the answers that would move a family's decile; without it the page is silent.
    #[must_use]
    pub fn with_would_change(self, find: Arc<WouldChanges>) -> Self {
        self.0.would_change.get_or_init(|| find);
        self
    }

    /// The answers that would move a family's decile.
    #[must_use]
    pub fn would_change(&self, family: u64) -> Vec<WouldChange> {
        self.0.would_change.get().map(|find| find(family)).unwrap_or_default()
    }

    /// Opens the officers' pages to whoever is signed in and allowed: the room of cases knows
    /// sessions, policies and the read log. Without it those pages do not exist.
    #[must_use]
    pub fn with_work(self, work: Casework) -> Self {
        // Set once at the start; a second call changes nothing.
        self.0.work.get_or_init(|| work);
        self
    }

    /// The room of cases, if there is one beside these pages.
    #[must_use]
    pub fn work(&self) -> Option<&Casework> {
        self.0.work.get()
    }

    /// May this officer do that? Without a room of cases nobody may.
    #[must_use]
    pub fn may(&self, who: &Session, action: Action, resource: &Resource) -> bool {
        self.work().is_some_and(|work| work.policies().decide(&who.actor, action, resource))
    }

    /// The address for objections, if there is one.
    #[must_use]
    pub fn objections(&self) -> Option<&str> {
        self.0.objections.get().map(String::as_str)
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The keys.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.0.clock.now_ms()
    }

    /// True when every page says that its people are invented.
    #[must_use]
    pub fn synthetic(&self) -> bool {
        self.0.synthetic
    }

    /// The limits on the public check.
    #[must_use]
    pub fn limiter(&self) -> &Limiter {
        &self.0.limiter
    }

    /// The outlines of regions.
    #[must_use]
    pub fn outlines(&self) -> Arc<Outlines> {
        Arc::clone(&self.0.outlines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The simulator of a programme in an edition, from memory when it was read before.
    ///
    /// # Errors
    /// What `load` answers.
    pub fn simulator(
        &self,
        edition: u32,
        programme: &str,
        load: impl FnOnce() -> Result<Programme, StoreError>,
    ) -> Result<Arc<Programme>, StoreError> {
        let lock = || self.0.simulators.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (edition, programme.to_owned());
        if let Some(known) = lock().get(&key) {
            return Ok(Arc::clone(known));
        }
        let read = Arc::new(load()?);
        let mut simulators = lock();
        simulators.insert(key, Arc::clone(&read));
        // As many as two editions have programmes; the oldest edition goes first.
        while simulators.len() > SIMULATORS_MAX {
            simulators.pop_first();
        }
        Ok(read)
    }

    /// The live half of a region, counted at most a minute ago.
    ///
    /// # Errors
    /// When the store is away.
    pub fn pulse(&self, region: Region) -> Result<Arc<Pulse>, CaseworkError> {
        let lock = || self.0.pulses.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now_ms();
        if let Some((at, known)) = lock().get(&region.number())
            && (0..PULSE_MS).contains(&(now - at))
        {
            return Ok(Arc::clone(known));
        }
        let read = Arc::new(Pulse::read(self.store(), region, now)?);
        lock().insert(region.number(), (now, Arc::clone(&read)));
        Ok(read)
    }

    /// The view of the edition that was asked for by name, or of the current one.
    ///
    /// # Errors
    /// When the store is away. `None` when there is no (such) edition.
    pub fn view(&self, name: Option<&str>) -> Result<Option<Arc<View>>, StoreError> {
        let row = match name {
            None | Some("") => self.store().current_edition()?,
            Some(name) => {
                self.store().editions()?.into_iter().find(|row| row.name.as_str() == name)
            }
        };
        row.map(|row| self.view_of(row)).transpose()
    }

    /// The view of one edition, from memory when it was read before.
    ///
    /// # Errors
    /// When the edition cannot be read.
    pub fn view_of(&self, row: EditionRow) -> Result<Arc<View>, StoreError> {
        let number = row.number;
        let known = |views: &BTreeMap<u32, Arc<View>>| views.get(&number).cloned();
        if let Some(view) = known(&self.0.views.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(view);
        }
        let view = Arc::new(View::load(self.store(), row)?);
        let mut views = self.0.views.lock().unwrap_or_else(PoisonError::into_inner);
        views.insert(number, Arc::clone(&view));
        // Two editions are kept in the store; a third may be asked for while it goes away.
        while views.len() > 3 {
            views.pop_first();
        }
        Ok(view)
    }
}
