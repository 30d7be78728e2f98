//! What handlers are given.

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
    options: Options,
}

impl Doors {
    /// The doors over a casework room.
    ///
    /// # Errors
    /// When the instrument cannot be read.
    pub fn new(work: Casework, options: Options) -> Result<Self, CaseworkError> {
        let instrument =
            Instrument::embedded().map_err(|e| CaseworkError::Refused(e.to_string()))?;
        Ok(Self(Arc::new(Inner { work, instrument, options })))
    }

    pub(crate) fn work(&self) -> &Casework {
        &self.0.work
    }

    pub(crate) fn instrument(&self) -> &Instrument {
        &self.0.instrument
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
