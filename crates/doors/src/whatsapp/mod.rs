//! WhatsApp Lapor Bansos, wired: the webhook, the worker that talks, the courier that sends, the
//! page of the agent, and the simulator of the platform for the demo.
//!
//! ```text
//! platform ─▶ webhook: signature ─▶ mask ─▶ wa_event (one row per message id) ─▶ 200
//!                worker: by conversation, in the order of writing ─▶ dialogue ─▶ file_report
//!                        └─▶ answers ─▶ outbox ─▶ courier ─▶ platform ─▶ statuses ─▶ webhook
//! ```

pub(crate) mod agent;
mod courier;
mod http;
mod inbox;
mod media;
mod reports;
pub(crate) mod simulator;
pub(crate) mod webhook;
mod worker;

use crate::state::Doors;
use casework::CaseworkError;
use channels::whatsapp::signature::AppSecret;
use std::time::Duration;

/// Pause of an idle worker.
const PAUSE: Duration = Duration::from_millis(150);

/// How the platform is reached and how it proves itself.
#[derive(Debug, Clone)]
pub struct WhatsApp {
    /// Secrets under which deliveries may be signed: two while one replaces the other.
    pub secrets: Vec<AppSecret>,
    /// The word of the registration handshake.
    pub verify_token: String,
    /// The bearer token of our sends.
    pub token: Token,
    /// Where sends go: `http://host:port/v23.0/<phone number id>`. TLS is the business of a local
    /// proxy, as for PostgreSQL.
    pub base: String,
    /// Our own webhook, for the simulator.
    pub webhook: String,
}

/// A bearer token that does not print itself.
#[derive(Clone)]
pub struct Token(pub String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(\u{2026})")
    }
}

impl WhatsApp {
    /// The demo's: the platform is the simulator of the same server at `address` (`host:port`).
    /// `secret` signs its deliveries.
    #[must_use]
    pub fn simulated(address: &str, secret: &[u8]) -> Self {
        let token = hex::encode(secret);
        Self {
            secrets: vec![AppSecret::new(secret)],
            verify_token: token.clone(),
            token: Token(token),
            base: format!("http://{address}/simulasi/whatsapp/graph/v23.0/106540352242922"),
            webhook: format!("http://{address}/whatsapp/webhook"),
        }
    }
}

/// Works on what came in and sends what waits, until `stop` says so. Call it on a thread of its own.
pub fn run_whatsapp(doors: &Doors, stop: impl Fn() -> bool) {
    // The platform waits for our acknowledgements; nobody waits for the worker or the courier.
    let doors = &doors.patient();
    let worker = match worker::Worker::new(doors) {
        Ok(worker) => worker,
        Err(error) => return eprintln!("whatsapp: {error}"),
    };
    while !stop() {
        let worked = report(worker.round());
        let sent = doors.whatsapp().map_or(0, |config| report(courier::round(doors, config)));
        if worked + sent == 0 {
            std::thread::sleep(PAUSE);
        }
    }
}

/// Works on everything that came in until nothing is left: for drills and tests. Returns how many.
///
/// # Errors
/// When the dialogue file is wrong or the store fails.
pub fn work_off(doors: &Doors) -> Result<u64, CaseworkError> {
    let worker = worker::Worker::new(&doors.patient())?;
    let mut all = 0;
    loop {
        match worker.round()? {
            0 => return Ok(all),
            worked => all += worked,
        }
    }
}

/// Takes one delivery into the inbox, as the webhook does: for drills. Returns new events.
///
/// # Errors
/// When the store fails.
pub fn take_delivery(doors: &Doors, raw: &[u8]) -> Result<u64, CaseworkError> {
    inbox::take(doors.work(), raw)
}

fn report(result: Result<u64, CaseworkError>) -> u64 {
    result.unwrap_or_else(|error| {
        eprintln!("whatsapp: {error}");
        0
    })
}
