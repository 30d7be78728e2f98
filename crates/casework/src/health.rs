//! The health of the doors: last message in and out, queue, failures; announced when one is down.

use crate::error::Result;
use crate::room::{Casework, Entry};
use crate::text::limited;
use access::{Action, Actor, Resource};
use store::{Query, params};

/// One door as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorHealth {
    /// Its word.
    pub channel: String,
    /// The last report that came in.
    pub last_in_at: Option<i64>,
    /// The last message that went out.
    pub last_out_at: Option<i64>,
    /// The last failure.
    pub failed_at: Option<i64>,
    /// Failures in all.
    pub failures: u64,
    /// What was announced to the public; none: the door is open.
    pub announced: Option<String>,
    /// Messages waiting.
    pub waiting: u64,
    /// When the oldest of them was made.
    pub oldest_at: Option<i64>,
}

impl Casework {
    /// All doors that were ever used, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn doors(&self) -> Result<Vec<DoorHealth>> {
        self.store.read(|reader| {
            let waiting = reader.query(
                "SELECT channel, COUNT(*) AS n, MIN(made_at) AS oldest FROM outbox WHERE state = 'waiting' GROUP BY channel",
                params![],
            )?;
            let rows = reader.query("SELECT * FROM door ORDER BY channel", params![])?;
            let mut doors = Vec::new();
            for row in rows {
                let channel: String = row.get("channel")?;
                let queue = waiting.iter().find(|w| w.get::<String>("channel").is_ok_and(|name| name == channel));
                doors.push(DoorHealth {
                    last_in_at: row.get("last_in_at")?,
                    last_out_at: row.get("last_out_at")?,
                    failed_at: row.get("failed_at")?,
                    failures: row.get("failures")?,
                    announced: row.get("announced")?,
                    waiting: queue.map(|w| w.get("n")).transpose()?.unwrap_or(0),
                    oldest_at: queue.map(|w| w.get("oldest")).transpose()?.flatten(),
                    channel,
                });
            }
            Ok(doors)
        })
    }

    /// Tells the public that a door is down, or (with none) open again.
    ///
    /// # Errors
    /// When the actor may not, or the store fails.
    pub fn announce(&self, actor: &Actor, channel: &str, text: Option<&str>) -> Result<()> {
        self.core.allow(actor, Action::DoorAnnounce, &Resource::of_the_country())?;
        let text = text.map(limited).transpose()?;
        let (actor, channel) = (*actor, channel.to_owned());
        self.write(move |tx, core| {
            crate::messages::door(tx, &channel, "failed_at", core.clock.now_ms())?;
            tx.execute(
                "UPDATE door SET announced = $2 WHERE channel = $1",
                params![&channel, text.as_deref()],
            )?;
            let payload = serde_json::json!({"door": channel, "text": text}).to_string();
            let about = format!("door:{channel}");
            let entry = Entry {
                kind: "door",
                at: core.clock.now_ms(),
                actor: actor.word(),
                subject: "",
                about,
                payload,
            };
            core.record(tx, entry).map(drop)
        })
    }
}
