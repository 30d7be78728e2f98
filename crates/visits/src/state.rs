//! What handlers are given.

use crate::english;
use casework::Casework;
use channels::openrosa::{form, listing};
use field::{Field, FieldError};
use std::sync::Arc;
use web::english::Dictionary;

/// How the pages are opened.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Says on every page that its people are invented.
    pub synthetic: bool,
    /// Cookies only over TLS, and https in the addresses that phones are given.
    pub secure: bool,
}

/// The state of the pages. Cheap to clone.
#[derive(Clone)]
pub struct Visits(Arc<Inner>);

struct Inner {
    field: Field,
    options: Options,
    /// The form as ODK takes it: made once, its bytes are hashed.
    form: String,
    version: String,
    form_hash: String,
    dictionary: Arc<Dictionary>,
}

impl Visits {
    /// Ground checks beside casework.
    ///
    /// # Errors
    /// When the instrument or a rule file is wrong.
    pub fn new(work: Casework, options: Options) -> Result<Self, FieldError> {
        let field = Field::new(work, crate::photo::develop)?;
        // The version changes whenever the questions do: it is made of them.
        let draft = form::form(field.instrument(), "0");
        let version: String =
            listing::hash(draft.as_bytes()).chars().skip("md5:".len()).take(12).collect();
        let form = form::form(field.instrument(), &version);
        let form_hash = listing::hash(form.as_bytes());
        let dictionary =
            Arc::new(english::dictionary(field.instrument()).map_err(FieldError::Rules)?);
        Ok(Self(Arc::new(Inner { field, options, form, version, form_hash, dictionary })))
    }

    /// The room of ground checks.
    #[must_use]
    pub fn field(&self) -> &Field {
        &self.0.field
    }

    pub(crate) fn work(&self) -> &Casework {
        self.0.field.work()
    }

    pub(crate) fn dictionary(&self) -> Arc<Dictionary> {
        Arc::clone(&self.0.dictionary)
    }

    pub(crate) fn options(&self) -> Options {
        self.0.options
    }

    pub(crate) fn form(&self) -> &str {
        &self.0.form
    }

    /// Version of the form that phones are given.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.0.version
    }

    pub(crate) fn form_hash(&self) -> &str {
        &self.0.form_hash
    }
}
