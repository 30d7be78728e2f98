//! The room itself.

use crate::checks::Limits;
use crate::error::{FieldError, Result};
use crate::photo::Developed;
use access::{Action, Actor, Resource};
use casework::Casework;
use instrument::Instrument;
use std::sync::Arc;
use store::{Store, Vault};

/// Makes a photo anew and looks at it: given by the room that can decode pictures.
pub type Develop = fn(&[u8]) -> std::result::Result<Developed, String>;

/// Ground checks over one store. Cheap to clone; every method blocks.
#[derive(Clone)]
pub struct Field {
    pub(crate) work: Casework,
    pub(crate) core: Arc<Core>,
}

pub(crate) struct Core {
    pub instrument: Instrument,
    pub limits: Limits,
    pub develop: Develop,
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Field")
    }
}

impl Field {
    /// The room beside casework, with the rules the program was built with.
    ///
    /// # Errors
    /// When the instrument or a rule file is wrong.
    pub fn new(work: Casework, develop: Develop) -> Result<Self> {
        let instrument = Instrument::embedded().map_err(|e| FieldError::Rules(e.to_string()))?;
        let limits = Limits::builtin()?;
        Ok(Self { work, core: Arc::new(Core { instrument, limits, develop }) })
    }

    pub(crate) fn store(&self) -> &Store {
        self.work.store()
    }

    pub(crate) fn vault(&self) -> &Vault {
        self.work.vault()
    }

    /// The instrument its forms are made of.
    #[must_use]
    pub fn instrument(&self) -> &Instrument {
        &self.core.instrument
    }

    /// Casework beside it.
    #[must_use]
    pub const fn work(&self) -> &Casework {
        &self.work
    }

    /// True when the policies let `actor` do `action` to `resource`.
    #[must_use]
    pub fn may(&self, actor: &Actor, action: Action, resource: &Resource) -> bool {
        self.work.policies().decide(actor, action, resource)
    }
}
