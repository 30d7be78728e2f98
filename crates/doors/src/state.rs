//! What handlers are given.

use crate::english::Dictionary;
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
pub struct Doors(Arc<Inner>);

struct Inner {
    work: Casework,
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
        let dictionary = Dictionary::new(&instrument).map_err(CaseworkError::Refused)?;
        let dictionary = Arc::new(dictionary);
        let shelf = Known::default();
        Ok(Self(Arc::new(Inner { work, instrument, dictionary, options, whatsapp: None, shelf })))
    }

    /// The same with WhatsApp. Call it before the doors are shared: later it changes nothing.
    #[must_use]
    pub fn with_whatsapp(mut self, config: WhatsApp) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.whatsapp = Some((config, Simulator::default()));
        }
        self
    }

    pub(crate) fn whatsapp(&self) -> Option<&WhatsApp> {
        self.0.whatsapp.as_ref().map(|(config, _)| config)
    }

    /// The simulator of the platform: only where the demo runs.
    pub(crate) fn simulator(&self) -> Option<(&WhatsApp, &Simulator)> {
        let (config, simulator) = self.0.whatsapp.as_ref()?;
        self.0.options.demo.then_some((config, simulator))
    }

    /// What was read once of the current edition.
    pub(crate) fn shelf(&self) -> &Known {
        &self.0.shelf
    }

    pub(crate) fn work(&self) -> &Casework {
        &self.0.work
    }

    pub(crate) fn instrument(&self) -> &Instrument {
        &self.0.instrument
    }

    pub(crate) fn dictionary(&self) -> Arc<Dictionary> {
        Arc::clone(&self.0.dictionary)
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    /// A receipt of a journal entry as text, if the journal's files are known and hold it.
    pub(crate) fn receipt(&self, seq: u64, opened: bool) -> Option<String> {
        let (folder, key) = self.0.options.journal.as_ref()?;
        self.0.work.receipt(&DirFiles::new(folder), key, seq, opened).ok()
    }
}
