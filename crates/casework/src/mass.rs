//! Mass actions: one proposes with a reason and the hash of the list, another approves. The list
//! itself lies outside; its hash in the journal says which one it was.

use crate::error::{CaseworkError, Result};
use crate::room::{Casework, Core, Entry, check_id};
use crate::text;
use access::{Action, Actor, Resource, State};
use kernel::Region;
use store::{Query, StoreError, Tx, params};

/// A mass action to be proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MassProposal {
    /// Made by the client and kept for retries.
    pub id: String,
    /// What is done, for example `pbi_jk_cut_off` or `edition_publish`.
    pub kind: String,
    /// Where; none for the whole country.
    pub region: Option<Region>,
    /// SHA-256 of the list, in hexadecimal.
    pub list_sha256: String,
    /// How many people it touches.
    pub people: u64,
    /// Why.
    pub reason: String,
}

/// A mass action as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MassAction {
    /// Its id.
    pub id: String,
    /// What is done.
    pub kind: String,
    /// Where.
    pub region: Option<Region>,
    /// SHA-256 of the list.
    pub list_sha256: String,
    /// How many people.
    pub people: u64,
    /// Why.
    pub reason: String,
    /// `proposed`, `approved` or `refused`.
    pub state: String,
    /// Who proposed it.
    pub proposed_by: u64,
    /// Who approved or refused it.
    pub approved_by: Option<u64>,
}

impl Casework {
    /// Proposes a mass action; sending it again changes nothing.
    ///
    /// # Errors
    /// When the actor may not, or the id stands for another proposal.
    pub fn propose(&self, actor: &Actor, proposal: MassProposal) -> Result<u64> {
        let actor = *actor;
        self.write(move |tx, core| core.propose(tx, &actor, &proposal))
    }

    /// Approves or refuses a proposal of somebody else. Returns its place in the journal.
    ///
    /// # Errors
    /// When the actor may not, proposed it, or it is settled already.
    pub fn settle(
        &self,
        actor: &Actor,
        id: &str,
        list_sha256: &str,
        approve: bool,
        reason: &str,
    ) -> Result<u64> {
        let (actor, id, list, reason) =
            (*actor, id.to_owned(), list_sha256.to_owned(), reason.to_owned());
        self.write(move |tx, core| core.settle(tx, &actor, &id, &list, approve, &reason))
    }

    /// A mass action by its id.
    ///
    /// # Errors
    /// When there is none.
    pub fn mass_action(&self, id: &str) -> Result<MassAction> {
        let core = &self.core;
        self.store.read(|reader| core.mass_action(reader, id))
    }

    /// All mass actions, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn mass_actions(&self) -> Result<Vec<MassAction>> {
        let sql =
            "SELECT action_id FROM mass_action ORDER BY proposed_at DESC, action_id LIMIT 200";
        let rows = self.store.read::<_, StoreError>(|reader| reader.query(sql, params![]))?;
        rows.iter().map(|row| self.mass_action(&row.get::<String>("action_id")?)).collect()
    }
}

impl Core {
    fn mass_action(&self, query: &mut impl Query, id: &str) -> Result<MassAction> {
        let sql = "SELECT * FROM mass_action WHERE action_id = $1";
        let row = query.query_opt(sql, params![id])?.ok_or(CaseworkError::NotFound)?;
        let region: Option<u64> = row.get("region")?;
        Ok(MassAction {
            id: row.get("action_id")?,
            kind: row.get("kind")?,
            region: region.and_then(|number| Region::from_number(number).ok()),
            list_sha256: row.get("list_sha256")?,
            people: row.get("people")?,
            reason: self
                .open_text(&format!("mass_action.reason|{id}"), &row.get::<Vec<u8>>("reason")?)?,
            state: row.get("state")?,
            proposed_by: row.get("proposed_by")?,
            approved_by: row.get("approved_by")?,
        })
    }

    fn propose(&self, tx: &mut Tx<'_>, actor: &Actor, proposal: &MassProposal) -> Result<u64> {
        check_id(&proposal.id)?;
        if proposal.list_sha256.len() != 64 || hex::decode(&proposal.list_sha256).is_err() {
            return Err(CaseworkError::Refused(
                "the hash of the list is not 64 hexadecimal digits".to_owned(),
            ));
        }
        let resource = Resource { region: proposal.region, ..Resource::of_the_country() };
        self.allow(actor, Action::MassPropose, &resource)?;
        let row = tx.query_opt(
            "SELECT list_sha256, proposed_by, seq FROM mass_action WHERE action_id = $1",
            params![&proposal.id],
        )?;
        if let Some(row) = row {
            let is_same = row.get::<String>("list_sha256")? == proposal.list_sha256
                && row.get::<u64>("proposed_by")? == actor.account;
            return if is_same {
                Ok(row.get("seq")?)
            } else {
                Err(CaseworkError::IdReused(proposal.id.clone()))
            };
        }
        let reason = text::reason(&proposal.reason)?;
        let seq = self.note_mass(
            tx,
            actor,
            "mass_proposed",
            &proposal.id,
            &proposal.list_sha256,
            proposal.people,
            &reason,
        )?;
        let sealed = self.seal_text(&format!("mass_action.reason|{}", proposal.id), &reason)?;
        tx.execute(
            "INSERT INTO mass_action (action_id, kind, region, list_sha256, people, reason, state, proposed_by, proposed_at, seq)
             VALUES ($1, $2, $3, $4, $5, $6, 'proposed', $7, $8, $9)",
            params![
                &proposal.id, &proposal.kind, proposal.region, &proposal.list_sha256, proposal.people, sealed, actor.account,
                self.clock.now_ms(), seq
            ],
        )?;
        Ok(seq)
    }

    fn settle(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        id: &str,
        list: &str,
        approve: bool,
        reason: &str,
    ) -> Result<u64> {
        let action = self.mass_action(tx, id)?;
        let acted = action.proposed_by == actor.account;
        let resource = Resource { region: action.region, state: State::Open, own: false, acted };
        if !self.policies.decide(actor, Action::MassApprove, &resource) {
            let why = if acted {
                "the second of two people is another one"
            } else {
                "this role may not approve it here"
            };
            return Err(CaseworkError::NotAllowed(why.to_owned()));
        }
        if action.state != "proposed" {
            return Err(CaseworkError::Refused(format!("{id} is {} already", action.state)));
        }
        if action.list_sha256 != list {
            return Err(CaseworkError::Refused(
                "the list that was looked at is not the one that was proposed".to_owned(),
            ));
        }
        let reason = text::reason(reason)?;
        let (state, kind) =
            if approve { ("approved", "mass_approved") } else { ("refused", "mass_refused") };
        let seq = self.note_mass(tx, actor, kind, id, list, action.people, &reason)?;
        tx.execute(
            "UPDATE mass_action SET state = $2, approved_by = $3, approved_at = $4 WHERE action_id = $1",
            params![id, state, actor.account, self.clock.now_ms()],
        )?;
        Ok(seq)
    }

    #[expect(clippy::too_many_arguments, reason = "one leaf, written in one place")]
    fn note_mass(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        kind: &str,
        id: &str,
        list: &str,
        people: u64,
        reason: &str,
    ) -> Result<u64> {
        let payload = serde_json::json!({"list_sha256": list, "people": people, "reason": reason})
            .to_string();
        let entry = Entry {
            kind,
            at: self.clock.now_ms(),
            actor: actor.word(),
            subject: "",
            about: format!("mass:{id}"),
            payload,
        };
        self.record(tx, entry)
    }
}
