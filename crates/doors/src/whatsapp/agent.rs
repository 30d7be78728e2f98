//! The agent's side: conversations that ask for a person, each with its whole thread.

use super::courier::{OWN, Say};
use super::inbox::{self, Key, Line};
use super::worker::{address_place, session_place};
use crate::form::new_id;
use crate::page::{Frame, Trouble, blocking, demand, go, html};
use crate::state::Doors;
use crate::words;
use access::Role;
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use casework::{Contact, Session, day_of};
use channels::mask::mask;
use channels::whatsapp::dialogue::Dialogue;
use serde::Deserialize;
use store::{Query, StoreError, params};

/// Conversations shown at once.
const PAGE_MAX: u32 = 50;
/// Longest answer of an agent, in characters.
const ANSWER_CHARS_MAX: usize = 2_000;

struct Waiting {
    id: String,
    last: String,
    since: String,
    minutes: i64,
}

/// What went out in the last days: billed by the platform, by category, and not delivered.
struct Sending {
    billed: Vec<(String, u64)>,
    undelivered: u64,
}

/// Days that the figures of sending look back.
const LOOK_BACK_DAYS: i32 = 30;

fn sending(doors: &Doors) -> Result<Sending, Trouble> {
    let work = doors.work();
    let since = day_of(work.now_ms()).plus_days(-LOOK_BACK_DAYS);
    let since_ms = work.now_ms() - i64::from(LOOK_BACK_DAYS) * 86_400_000;
    let (billed, failed) = work.store().read::<_, StoreError>(|reader| {
        let sql =
            "SELECT category, CAST(SUM(messages) AS INTEGER) AS n FROM wa_cost WHERE day >= $1
                   GROUP BY category ORDER BY category";
        let billed = reader.query(sql, params![since])?;
        let sql = "SELECT COUNT(*) AS n FROM wa_sent WHERE status = 'failed' AND at >= $1";
        Ok((billed, reader.query_one(sql, params![since_ms])?))
    })?;
    let line = |row: &store::Row| Ok((row.get::<String>("category")?, row.get::<u64>("n")?));
    let billed = billed.iter().map(line).collect::<Result<_, StoreError>>()?;
    Ok(Sending { billed, undelivered: failed.get("n")? })
}

struct Bubble {
    theirs: bool,
    text: String,
    when: String,
}

#[derive(Template)]
#[template(path = "conversations.html")]
struct ConversationsPage {
    frame: Frame,
    waiting: Vec<Waiting>,
    failed: u64,
    unread: u64,
    sending: Sending,
    thread: Option<(String, Vec<Bubble>)>,
    id: String,
}

#[derive(Deserialize)]
pub(crate) struct Answer {
    #[serde(default)]
    id: String,
    #[serde(default)]
    jawaban: String,
    #[serde(default)]
    selesai: String,
}

fn agent(doors: &Doors, headers: &HeaderMap) -> Result<Session, Trouble> {
    let who = demand(doors, headers)?;
    if who.account.role == Role::CallAgent { Ok(who) } else { Err(Trouble::Missing) }
}

/// `GET /percakapan`
pub(crate) async fn list(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    blocking(doors, move |doors| {
        let who = agent(doors, &headers)?;
        show(doors, &who, None)
    })
    .await
}

/// `GET /percakapan/{id}`
pub(crate) async fn one(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    blocking(doors, move |doors| {
        let who = agent(doors, &headers)?;
        let key = key_of(&id)?;
        let lines = inbox::thread(doors.work(), &key)?;
        show(doors, &who, Some((id, lines)))
    })
    .await
}

fn show(doors: &Doors, who: &Session, thread: Option<(String, Vec<Line>)>) -> crate::page::Page {
    let now = doors.work().now_ms();
    let (rows, failed, unread) = doors.work().store().read::<_, StoreError>(|reader| {
        let rows = reader.query(
            "SELECT conversation, waiting_since FROM wa_conversation WHERE waiting_since IS NOT NULL
             ORDER BY waiting_since LIMIT $1",
            params![PAGE_MAX],
        )?;
        let count = |reader: &mut store::Reader<'_>, kind: &str| {
            let sql = format!(
                "SELECT COUNT(*) AS n FROM wa_event WHERE state = 'failed' AND kind {kind} 'unread'"
            );
            reader.query_one(&sql, params![])?.get::<u64>("n")
        };
        Ok((rows, count(reader, "<>")?, count(reader, "=")?))
    })?;
    let mut waiting = Vec::new();
    for row in rows {
        let Ok(key) = Key::try_from(row.get::<Vec<u8>>("conversation")?) else { continue };
        let since: i64 = row.get("waiting_since")?;
        let last = inbox::thread(doors.work(), &key)?.into_iter().rfind(|line| line.theirs);
        waiting.push(Waiting {
            id: hex::encode(key),
            last: last.map(|line| line.text).unwrap_or_default(),
            since: words::instant(since),
            minutes: (now - since) / 60_000,
        });
    }
    let bubble = |line: Line| Bubble {
        theirs: line.theirs,
        text: line.text,
        when: words::instant(line.written_s * 1_000),
    };
    html(&ConversationsPage {
        sending: sending(doors)?,
        frame: Frame::new(doors, "Percakapan WhatsApp", "percakapan", Some(who)),
        waiting,
        failed,
        unread,
        thread: thread.map(|(id, lines)| (id, lines.into_iter().map(bubble).collect())),
        id: new_id(),
    })
}

fn key_of(id: &str) -> Result<Key, Trouble> {
    hex::decode(id).ok().and_then(|bytes| Key::try_from(bytes).ok()).ok_or(Trouble::Missing)
}

/// `POST /percakapan/{id}`: an answer, or the conversation goes back to the menu.
pub(crate) async fn answer(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(typed): Form<Answer>,
) -> Response {
    blocking(doors, move |doors| {
        let who = agent(doors, &headers)?;
        let key = key_of(&id)?;
        let ends = !typed.selesai.is_empty();
        let text = mask(typed.jawaban.trim()).text;
        if text.chars().count() > ANSWER_CHARS_MAX {
            return Err(Trouble::Refused("Jawaban terlalu panjang.".to_owned()));
        }
        if typed.id.len() < 8 || (text.is_empty() && !ends) {
            return go(&format!("/percakapan/{id}"));
        }
        let work = doors.work().clone();
        let sql = "SELECT address FROM wa_conversation WHERE conversation = $1";
        let row = work.store().read::<_, StoreError>(|r| r.query_opt(sql, params![key]))?;
        let sealed: Vec<u8> = row.ok_or(Trouble::Missing)?.get("address")?;
        let address = work.vault().open(&address_place(&key), &sealed)?;
        let address = String::from_utf8_lossy(&address).into_owned();
        let contact = Contact { by: "whatsapp".to_owned(), address };
        let dialogue = Dialogue::shipped().map_err(|e| Trouble::Fault(e.to_string()))?;
        let mut says = Vec::new();
        if !text.is_empty() {
            says.push(Say::Text(text));
        }
        if ends {
            says.push(dialogue.menu().into());
        }
        let says: Vec<String> = says
            .iter()
            .map(serde_json::to_string)
            .collect::<Result<_, _>>()
            .map_err(|e| Trouble::Fault(e.to_string()))?;
        let begun = serde_json::to_vec(&dialogue.begin()).map_err(|e| Trouble::Fault(e.to_string()))?;
        let session = work.vault().seal(&session_place(&key), &begun)?;
        let (store, account, form) = (work.store().clone(), who.actor.account, typed.id.clone());
        store.write::<_, casework::CaseworkError, _>(move |tx| {
            for (at, say) in says.iter().enumerate() {
                work.post_text(tx, &format!("wa:agent:{form}:{at}"), &contact, OWN, say)?;
            }
            tx.execute("UPDATE wa_conversation SET agent = $2 WHERE conversation = $1", params![key, account])?;
            if ends {
                let sql = "UPDATE wa_conversation SET waiting_since = NULL, session = $2 WHERE conversation = $1";
                tx.execute(sql, params![key, session])?;
            }
            Ok(())
        })?;
        go(&if ends { "/percakapan".to_owned() } else { format!("/percakapan/{id}") })
    })
    .await
}
