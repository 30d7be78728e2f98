//! WhatsApp Business Cloud API, as its public documents describe it: verify, read, answer.
//!
//! ```text
//! raw body ─▶ signature ─▶ stored as it came (message id unique) ─▶ 200
//!                                     └─▶ worker: webhook::events ─▶ dialogue::step ─▶ command, replies ─▶ outbox
//! ```
//!
//! Nothing here opens a socket: `web` receives, the outbox's adapter sends.

pub mod dialogue;
pub mod outgoing;
pub mod signature;
pub mod webhook;
