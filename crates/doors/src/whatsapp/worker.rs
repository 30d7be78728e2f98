//! The worker: takes new events in the order of writing within each conversation, lets the dialogue
//! answer, files reports. An event is done in one transaction with its answers; a crash before that
//! does it again with the same ids.

use super::courier::{OWN, Say};
use super::inbox::{Key, Stored, conversation, place};
use super::reports::{self, Outcome};
use crate::state::Doors;
use casework::{CaseworkError, Contact, day_of};
use channels::whatsapp::dialogue::{Dialogue, Incoming, Session, Step};
use channels::whatsapp::webhook::{Content, Event, Sender};
use std::collections::BTreeMap;
use store::{Query, StoreError, params};

/// Events taken at once.
const ROUND: u32 = 512;
/// Conversations worked on side by side: they share commits.
const HANDS: usize = 8;
/// An event that fails this often is set aside for a person; it is never thrown away.
const ATTEMPTS_MAX: u32 = 5;
/// A message older than what was answered by more than this came late.
const LATE_S: i64 = 600;
/// Order of the statuses; a farther one is never overwritten.
const STATUSES: [&str; 4] = ["accepted", "sent", "delivered", "read"];

pub(super) struct Worker {
    doors: Doors,
    dialogue: Dialogue,
}

/// A conversation as the store holds it.
struct Known {
    session: Session,
    newest_s: i64,
    waiting_since: Option<i64>,
}

type Item = (Key, Stored);

impl Worker {
    pub fn new(doors: &Doors) -> Result<Self, CaseworkError> {
        let dialogue = Dialogue::shipped().map_err(|e| CaseworkError::Refused(e.to_string()))?;
        Ok(Self { doors: doors.clone(), dialogue })
    }

    /// Works on one batch. Returns how many events it took.
    pub fn round(&self) -> Result<u64, CaseworkError> {
        let groups = self.new_events()?;
        let taken = groups.iter().map(|group| group.len() as u64).sum();
        let share = groups.len().div_ceil(HANDS).max(1);
        std::thread::scope(|scope| {
            for part in groups.chunks(share) {
                scope.spawn(move || part.iter().flatten().for_each(|item| self.attempt(item)));
            }
        });
        Ok(taken)
    }

    /// New events by conversation, each conversation in the order of writing.
    fn new_events(&self) -> Result<Vec<Vec<Item>>, CaseworkError> {
        let work = self.doors.work();
        let sql =
            "SELECT event_key, body FROM wa_event WHERE state = 'new' ORDER BY arrival LIMIT $1";
        let rows = work.store().read::<_, StoreError>(|r| r.query(sql, params![ROUND]))?;
        let mut groups: BTreeMap<String, Vec<(i64, Item)>> = BTreeMap::new();
        for row in rows {
            let Ok(key) = Key::try_from(row.get::<Vec<u8>>("event_key")?) else { continue };
            let plain = work.vault().open(&place(&key), &row.get::<Vec<u8>>("body")?)?;
            let stored: Stored = serde_json::from_slice(&plain)
                .map_err(|e| CaseworkError::Refused(format!("inbox: {e}")))?;
            let (whose, written_s) = match &stored.event {
                Event::Message { sender, written_s, .. } => (sender.key(), *written_s),
                Event::IdentityChanged { before, .. } => (before.key(), i64::MAX),
                Event::Status { message_id, .. } => (Some(message_id.clone()), 0),
            };
            groups.entry(whose.unwrap_or_default()).or_default().push((written_s, (key, stored)));
        }
        Ok(groups
            .into_values()
            .map(|mut group| {
                group.sort_by_key(|(written_s, _)| *written_s);
                group.into_iter().map(|(_, item)| item).collect()
            })
            .collect())
    }

    fn attempt(&self, (key, stored): &Item) {
        let result = match &stored.event {
            Event::Message { key: id, sender, written_s, content } => {
                self.message(key, stored, id, sender, *written_s, content)
            }
            Event::Status { message_id, status, error_code, billed, .. } => {
                self.status(key, message_id, status, *error_code, billed.clone())
            }
            Event::IdentityChanged { .. } => self.done(*key),
        };
        if let Err(error) = result {
            eprintln!("whatsapp event: {error}");
            let key = *key;
            let set_back = self.doors.work().store().write::<_, StoreError, _>(move |tx| {
                tx.execute(
                    "UPDATE wa_event SET attempts = attempts + 1,
                       state = CASE WHEN attempts + 1 >= $2 THEN 'failed' ELSE 'new' END
                     WHERE event_key = $1",
                    params![key, ATTEMPTS_MAX],
                )
            });
            if let Err(error) = set_back {
                eprintln!("whatsapp event: {error}");
            }
        }
    }

    fn message(
        &self,
        key: &Key,
        stored: &Stored,
        id: &str,
        sender: &Sender,
        written_s: i64,
        content: &Content,
    ) -> Result<(), CaseworkError> {
        let Some(address) = sender.key() else { return self.done(*key) };
        let whose = conversation(self.doors.work(), &address);
        let known = self.known(&whose)?;
        let incoming = Incoming {
            persons: stored.persons.clone(),
            content: content.clone(),
            was_masked: stored.was_masked,
        };
        let is_form = matches!(content, Content::Form(_));
        let late = written_s + LATE_S < known.newest_s && !known.session.is_writing() && !is_form;
        let mut hand_over = false;
        let (session, replies) = if late {
            // Nobody is answered twice about yesterday; words and photos go to a person.
            hand_over = !matches!(content, Content::Choice { .. });
            (known.session.clone(), Vec::new())
        } else {
            let step = self.dialogue.step(&known.session, &incoming);
            self.perform(key, &address, &whose, step, &mut hand_over)?
        };
        let waiting = known.waiting_since.or_else(|| hand_over.then(|| self.doors.work().now_ms()));
        let kept = Kept { key: *key, whose, address, session, written_s, waiting };
        self.keep(kept, (!late).then_some(id), replies)
    }

    /// Does what the step asks for; gives where the conversation stands and what to say.
    fn perform(
        &self,
        key: &Key,
        address: &str,
        whose: &Key,
        step: Step,
        hand_over: &mut bool,
    ) -> Result<(Session, Vec<Say>), CaseworkError> {
        let mut replies: Vec<Say> = step.replies.into_iter().map(Say::from).collect();
        let Some(command) = step.command else { return Ok((step.session, replies)) };
        let session =
            match reports::perform(&self.doors, &self.dialogue, key, address, whose, command)? {
                Outcome::Filed => self.dialogue.begin(),
                Outcome::Say(out) => {
                    replies.push(out);
                    step.session
                }
                Outcome::HandOver => {
                    *hand_over = true;
                    self.dialogue.with_agent()
                }
                Outcome::SayAndHandOver(out) => {
                    *hand_over = true;
                    replies.push(out);
                    self.dialogue.with_agent()
                }
            };
        Ok((session, replies))
    }

    fn known(&self, whose: &Key) -> Result<Known, CaseworkError> {
        let work = self.doors.work();
        let sql =
            "SELECT session, newest_s, waiting_since FROM wa_conversation WHERE conversation = $1";
        let row = work.store().read::<_, StoreError>(|r| r.query_opt(sql, params![*whose]))?;
        let Some(row) = row else {
            return Ok(Known { session: self.dialogue.begin(), newest_s: 0, waiting_since: None });
        };
        let sealed: Vec<u8> = row.get("session")?;
        let plain = work.vault().open(&session_place(whose), &sealed)?;
        // A session of an older dialogue file that cannot be read begins anew.
        let session = serde_json::from_slice(&plain).unwrap_or_else(|_| self.dialogue.begin());
        Ok(Known {
            session,
            newest_s: row.get("newest_s")?,
            waiting_since: row.get("waiting_since")?,
        })
    }

    fn keep(&self, kept: Kept, read: Option<&str>, replies: Vec<Say>) -> Result<(), CaseworkError> {
        let work = self.doors.work().clone();
        let plain =
            serde_json::to_vec(&kept.session).map_err(|e| CaseworkError::Refused(e.to_string()))?;
        let session = work.vault().seal(&session_place(&kept.whose), &plain)?;
        let address = work.vault().seal(&address_place(&kept.whose), kept.address.as_bytes())?;
        let contact = Contact { by: "whatsapp".to_owned(), address: kept.address.clone() };
        let mut says: Vec<Say> = read.map(|id| Say::Read(id.to_owned())).into_iter().collect();
        says.extend(replies);
        let says = says
            .iter()
            .map(serde_json::to_string)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| CaseworkError::Refused(e.to_string()))?;
        let store = work.store().clone();
        store.write(move |tx| {
            tx.execute(
                "INSERT INTO wa_conversation (conversation, address, session, newest_s, messages, waiting_since)
                 VALUES ($1, $2, $3, $4, 1, $5)
                 ON CONFLICT (conversation) DO UPDATE SET session = excluded.session,
                   newest_s = CASE WHEN excluded.newest_s > wa_conversation.newest_s THEN excluded.newest_s
                              ELSE wa_conversation.newest_s END,
                   messages = wa_conversation.messages + 1, waiting_since = excluded.waiting_since",
                params![kept.whose, address, session, kept.written_s, kept.waiting],
            )?;
            tx.execute("UPDATE wa_event SET state = 'done' WHERE event_key = $1", params![kept.key])?;
            let name = hex::encode(kept.key);
            for (at, say) in says.iter().enumerate() {
                work.post_text(tx, &format!("wa:{name}:{at}"), &contact, OWN, say)?;
            }
            Ok(())
        })
    }

    fn status(
        &self,
        key: &Key,
        message_id: &str,
        status: &str,
        error: Option<i64>,
        billed: Option<String>,
    ) -> Result<(), CaseworkError> {
        let work = self.doors.work();
        let message = work.vault().index("wa.event", message_id.as_bytes());
        let (key, status, now) = (*key, status.to_owned(), work.now_ms());
        work.store().write::<_, StoreError, _>(move |tx| {
            let row = tx.query_opt("SELECT status FROM wa_sent WHERE message_key = $1", params![message])?;
            let before: Option<String> = row.map(|row| row.get("status")).transpose()?;
            let rank = |s: &str| STATUSES.iter().position(|known| *known == s);
            let farther = before.as_deref().is_some_and(|b| status == "failed" || rank(&status) > rank(b));
            if farther {
                tx.execute(
                    "UPDATE wa_sent SET status = $2, at = $3, error_code = $4 WHERE message_key = $1",
                    params![message, status, now, error],
                )?;
            }
            if let Some(category) = billed {
                tx.execute(
                    "INSERT INTO wa_cost (day, category, messages) VALUES ($1, $2, 1)
                     ON CONFLICT (day, category) DO UPDATE SET messages = wa_cost.messages + 1",
                    params![day_of(now), category],
                )?;
            }
            tx.execute("UPDATE wa_event SET state = 'done' WHERE event_key = $1", params![key])?;
            Ok(())
        })?;
        Ok(())
    }

    fn done(&self, key: Key) -> Result<(), CaseworkError> {
        self.doors.work().store().write::<_, StoreError, _>(move |tx| {
            tx.execute("UPDATE wa_event SET state = 'done' WHERE event_key = $1", params![key])
        })?;
        Ok(())
    }
}

/// What is kept when a message is done.
struct Kept {
    key: Key,
    whose: Key,
    address: String,
    session: Session,
    written_s: i64,
    waiting: Option<i64>,
}

/// Where a conversation's session is sealed for.
pub(super) fn session_place(whose: &Key) -> String {
    format!("wa_conversation.session|{}", hex::encode(whose))
}

/// Where a conversation's address is sealed for.
pub(super) fn address_place(whose: &Key) -> String {
    format!("wa_conversation.address|{}", hex::encode(whose))
}
