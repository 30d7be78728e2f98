//! What handlers are given.

use crate::english::{self, Dictionary};
use crate::registry::Known;
use crate::whatsapp::WhatsApp;
use crate::whatsapp::simulator::Simulator;
use casework::{Casework, CaseworkError};
use instrument::Instrument;
use journal::{DirFiles, VerifierKey};
use std::path::PathBuf;
use std::sync::Arc;

/// How the doors are opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Says on every page that its people are invented.
    pub synthetic: bool,
    /// Shows the one-click sign-ins. Only the demo may set it.
    pub demo: bool,
    /// Cookies only over TLS. Off on a laptop.
    pub secure: bool,
    /// Folder and key of the journal's files, for receipts.
    pub journal: Option<(PathBuf, VerifierKey)>,
}

/// The state of the doors. Cheap to clone.
#[derive(Clone)]
pub struct Doors {
    work: Casework,
    inner: Arc<Inner>,
}

struct Inner {
    instrument: Instrument,
    dictionary: Arc<Dictionary>,
    options: Options,
    whatsapp: Option<(WhatsApp, Simulator)>,
    shelf: Known,
}

impl Doors {
    /// The doors over a casework room.
    ///
    /// # Errors
    /// When the instrument cannot be read.
    pub fn new(work: Casework, options: Options) -> Result<Self, CaseworkError> {
        let instrument =
            Instrument::embedded().map_err(|e| CaseworkError::Refused(e.to_string()))?;
        let dictionary = english::dictionary(&instrument).map_err(CaseworkError::Refused)?;
        let dictionary = Arc::new(dictionary);
        let shelf = Known::default();
        let inner = Inner { instrument, dictionary, options, whatsapp: None, shelf };
        Ok(Self { work, inner: Arc::new(inner) })
    }

    /// The same with WhatsApp. Call it before the doors are shared: later it changes nothing.
    #[must_use]
    pub fn with_whatsapp(mut self, config: WhatsApp) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.whatsapp = Some((config, Simulator::default()));
        }
        self
    }

    pub(crate) fn whatsapp(&self) -> Option<&WhatsApp> {
        self.inner.whatsapp.as_ref().map(|(config, _)| config)
    }

    /// The simulator of the platform: only where the demo runs.
    pub(crate) fn simulator(&self) -> Option<(&WhatsApp, &Simulator)> {
        let (config, simulator) = self.inner.whatsapp.as_ref()?;
        self.inner.options.demo.then_some((config, simulator))
    }

    /// The same doors for work that nobody waits for: its writes give way to everybody else's.
    pub(crate) fn patient(&self) -> Self {
        Self { work: self.work.patient(), inner: Arc::clone(&self.inner) }
    }

    /// What was read once of the current edition.
    pub(crate) fn shelf(&self) -> &Known {
        &self.inner.shelf
    }

    pub(crate) fn work(&self) -> &Casework {
        &self.work
    }

    pub(crate) fn instrument(&self) -> &Instrument {
        &self.inner.instrument
    }

    pub(crate) fn dictionary(&self) -> Arc<Dictionary> {
        Arc::clone(&self.inner.dictionary)
    }

    pub(crate) fn options(&self) -> &Options {
        &self.inner.options
    }

    /// A receipt of a journal entry as text, if the journal's files are known and hold it.
    pub(crate) fn receipt(&self, seq: u64, opened: bool) -> Option<String> {
        let (folder, key) = self.inner.options.journal.as_ref()?;
        self.work.receipt(&DirFiles::new(folder), key, seq, opened).ok()
    }
}
