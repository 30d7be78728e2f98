//! The room itself: what every command needs, and how an effect and its journal leaf become one
//! transaction.

use crate::error::{CaseworkError, Result};
use crate::messages::Messages;
use crate::tables::Tables;
use crate::words::Estimate;
use access::{Action, Actor, Policies, Resource};
use journal::{LeafDraft, seal};
use kernel::Clock;
use std::sync::Arc;
use store::{Query, Store, StoreError, Tx, Vault, params};

/// Casework over one store. Cheap to clone; every method blocks.
#[derive(Clone)]
pub struct Casework {
    pub(crate) store: Store,
    pub(crate) core: Arc<Core>,
}

/// What transactions need besides the store.
pub(crate) struct Core {
    pub vault: Vault,
    pub tables: Tables,
    pub messages: Messages,
    pub policies: Arc<Policies>,
    pub clock: Arc<dyn Clock>,
    pub estimate: Option<Arc<dyn Estimate>>,
}

impl std::fmt::Debug for Casework {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Casework")
    }
}

impl Casework {
    /// The room over `store`, with the rules the program was built with.
    ///
    /// # Errors
    /// When a rule file is wrong.
    pub fn new(
        store: Store,
        vault: Vault,
        policies: Arc<Policies>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let core = Core {
            vault,
            tables: Tables::builtin()?,
            messages: Messages::builtin()?,
            policies,
            clock,
            estimate: None,
        };
        Ok(Self { store, core: Arc::new(core) })
    }

    /// The same with an estimator of deciles.
    #[must_use]
    pub fn with_estimate(self, estimate: Arc<dyn Estimate>) -> Self {
        let clock = Arc::clone(&self.core.clock);
        self.rebuilt(clock, Some(estimate))
    }

    /// The same by another clock: for weeks gone by that a demo tells, never for real cases.
    #[must_use]
    pub fn with_clock(&self, clock: Arc<dyn Clock>) -> Self {
        self.clone().rebuilt(clock, self.core.estimate.clone())
    }

    fn rebuilt(self, clock: Arc<dyn Clock>, estimate: Option<Arc<dyn Estimate>>) -> Self {
        let core = &self.core;
        let core = Core {
            vault: core.vault.clone(),
            tables: core.tables.clone(),
            messages: core.messages.clone(),
            policies: Arc::clone(&core.policies),
            clock,
            estimate,
        };
        Self { store: self.store, core: Arc::new(core) }
    }

    /// The same room for work that nobody waits for: its writes give way to everybody else's.
    #[must_use]
    pub fn patient(&self) -> Self {
        Self { store: self.store.patient(), core: Arc::clone(&self.core) }
    }

    /// The rules.
    #[must_use]
    pub fn tables(&self) -> &Tables {
        &self.core.tables
    }

    /// The policies.
    #[must_use]
    pub fn policies(&self) -> &Policies {
        &self.core.policies
    }

    /// The keys.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.core.vault
    }

    /// The store.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Now, in milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.core.clock.now_ms()
    }

    /// One transaction with the core at hand.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>, &Core) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let core = Arc::clone(&self.core);
        self.store.write(move |tx| work(tx, &core))
    }
}

/// An entry for the journal.
pub(crate) struct Entry<'a> {
    pub kind: &'a str,
    pub at: i64,
    pub actor: String,
    pub subject: &'a str,
    pub about: String,
    pub payload: String,
}

impl Core {
    /// Writes a leaf and its sealed payload within the transaction of the effect.
    pub fn record(&self, tx: &mut Tx<'_>, entry: Entry<'_>) -> Result<u64> {
        let seq: u64 = tx
            .query_one("SELECT COALESCE(MAX(seq) + 1, 0) AS seq FROM journal_leaf", params![])?
            .get("seq")?;
        let mut salt = [0; 32];
        getrandom::fill(&mut salt)
            .map_err(|e| CaseworkError::Journal(format!("no random bytes: {e}")))?;
        let subject = if entry.subject.is_empty() {
            String::new()
        } else {
            hex::encode(self.vault.index("journal.subject", entry.subject.as_bytes()))
        };
        let draft = LeafDraft {
            kind: entry.kind.to_owned(),
            time: entry.at,
            actor: entry.actor,
            subject,
            about: entry.about,
            payload: seal(&salt, entry.payload.as_bytes()),
        };
        let leaf = String::from_utf8(draft.at(seq)?.entry()?)
            .map_err(|e| CaseworkError::Journal(e.to_string()))?;
        tx.execute("INSERT INTO journal_leaf (seq, entry) VALUES ($1, $2)", params![seq, leaf])
            .map_err(unwritable)?;
        let place = format!("journal_payload.payload|{seq}");
        let sealed = self.vault.seal(&place, entry.payload.as_bytes())?;
        let salt = self.vault.seal(&format!("journal_payload.salt|{seq}"), &salt)?;
        tx.execute(
            "INSERT INTO journal_payload (seq, salt, payload) VALUES ($1, $2, $3)",
            params![seq, salt, sealed],
        )
        .map_err(unwritable)?;
        Ok(seq)
    }

    /// Asks the policies; a refusal about something the actor may not see reads as not found.
    pub fn allow(&self, actor: &Actor, action: Action, resource: &Resource) -> Result<()> {
        if self.policies.decide(actor, action, resource) {
            return Ok(());
        }
        if self.policies.decide(actor, Action::CaseRead, resource) {
            return Err(CaseworkError::NotAllowed(format!("{} may not {action} here", actor.role)));
        }
        Err(CaseworkError::NotFound)
    }

    pub fn seal_text(&self, place: &str, text: &str) -> Result<Vec<u8>> {
        Ok(self.vault.seal(place, text.as_bytes())?)
    }

    pub fn open_text(&self, place: &str, sealed: &[u8]) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.vault.open(place, sealed)?).into_owned())
    }
}

/// A journal that takes no entry, for whatever reason, is the store being away: the effect does not
/// happen and the doors answer 503.
fn unwritable(error: StoreError) -> CaseworkError {
    match error {
        StoreError::Away(_) => error.into(),
        other => StoreError::Away(format!("the journal takes no entry: {other}")).into(),
    }
}

/// The next number of a counter.
pub(crate) fn next_number(tx: &mut Tx<'_>, name: &str) -> Result<u64> {
    let row = tx.query_one(
        "INSERT INTO counter (name, next) VALUES ($1, 2)
         ON CONFLICT (name) DO UPDATE SET next = counter.next + 1 RETURNING next",
        params![name],
    )?;
    Ok(row.get::<u64>("next")? - 1)
}

/// A client-made id: 8 to 64 letters, digits, `-` or `_`.
pub(crate) fn check_id(id: &str) -> Result<()> {
    let fits = (8..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let is_person = id.len() >= 13 && id.bytes().all(|b| b.is_ascii_digit());
    if fits && !is_person {
        return Ok(());
    }
    Err(CaseworkError::Refused(
        "the client-made id must be 8 to 64 letters, digits, - or _, for example a UUID".to_owned(),
    ))
}

/// The answer that this command got before, if it was sent before with the same contents.
pub(crate) fn earlier_answer(
    tx: &mut Tx<'_>,
    id: &str,
    digest: &[u8; 16],
) -> Result<Option<String>> {
    let row =
        tx.query_opt("SELECT digest, answer FROM command WHERE command_id = $1", params![id])?;
    let Some(row) = row else { return Ok(None) };
    if row.get::<Vec<u8>>("digest")? != digest {
        return Err(CaseworkError::IdReused(id.to_owned()));
    }
    Ok(Some(row.get("answer")?))
}

/// Keeps the answer of a command for its repetition.
pub(crate) fn keep_answer(
    tx: &mut Tx<'_>,
    id: &str,
    digest: &[u8; 16],
    answer: &str,
    at: i64,
) -> Result<()> {
    tx.execute(
        "INSERT INTO command (command_id, digest, answer, at) VALUES ($1, $2, $3, $4)",
        params![id, *digest, answer, at],
    )?;
    Ok(())
}
