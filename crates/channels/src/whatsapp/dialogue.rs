//! The conversation as a decision tree read from a data file: one step takes where a conversation
//! stands and what came in, and gives where it stands now, what to answer and what to do.
//!
//! Pure: no clock, no store, no network. A NIK typed in is masked before this room sees the text.

use super::outgoing::Outgoing;
use super::webhook::Content;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

mod identity;
mod intent;
mod steps;

pub use intent::{normalise, same_word};

/// The dialogue file, checked.
#[derive(Debug, Clone)]
pub struct Dialogue {
    file: File,
}

/// Where one conversation stands. Kept in the store between messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The node the person is at.
    node: String,
    /// The report being written, if any.
    draft: Option<Draft>,
}

/// A report that a person is writing, message by message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The kind of case it will be (`update`, `objection`, …).
    pub kind: String,
    /// True once the person agreed that the report is kept.
    pub consented: bool,
    /// What was written, masked, a part per message.
    pub parts: Vec<String>,
    /// Media ids of photos and documents.
    pub media: Vec<String>,
    /// Degrees north and east, as sent.
    pub location: Option<(String, String)>,
    /// True once the person sent it: what is left is whom and where it is about.
    #[serde(default)]
    pub finished: bool,
    /// Blind indexes (hexadecimal) of the NIKs the person typed, never the numbers.
    #[serde(default)]
    pub persons: Vec<String>,
    /// The village the person chose, as a region number.
    #[serde(default)]
    pub village: Option<u64>,
}

/// What the program shall do because of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Open a case from this draft (idempotent by the conversation and the first message).
    OpenCase(Draft),
    /// Find the person by the draft's NIK indexes and this date of birth, then open the case.
    Identify(Draft, kernel::Date),
    /// Find villages by this name; one opens the case, several are shown to choose from.
    FindVillage(Draft, String),
    /// Answer with the status of this ticket, if this conversation may know it.
    CaseStatus(String),
    /// Hand the whole thread to a call agent.
    HandOver,
}

/// The outcome of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where the conversation stands now.
    pub session: Session,
    /// What to answer, in order.
    pub replies: Vec<Outgoing>,
    /// What to do, if anything.
    pub command: Option<Command>,
}

/// What came in, already masked.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// Blind indexes (hexadecimal) of valid NIKs that were typed, made before they were masked.
    pub persons: Vec<String>,
    /// The content; free text must be masked.
    pub content: Content,
    /// True when identity numbers were masked in it: the person is told.
    pub was_masked: bool,
}

/// The dialogue file is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialogueError(String);

impl fmt::Display for DialogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dialogue file: {}", self.0)
    }
}

impl std::error::Error for DialogueError {}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[expect(dead_code, reason = "shown by the page that prints the dialogue, not used in a step")]
    version: String,
    start: String,
    words: BTreeMap<String, String>,
    node: Vec<Node>,
    consent: Consent,
    tell: Tell,
    masked: Notice,
    unknown: Notice,
    intent: Vec<intent::Intent>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Node {
    id: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    options: Vec<Choice>,
    expects: Option<String>,
    then: Option<Then>,
    consent_for: Option<String>,
    /// A silent node answers nothing: an agent does.
    #[serde(default)]
    silent: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    id: String,
    title: String,
    goto: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Then {
    command: String,
    goto: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Consent {
    text: String,
    yes: String,
    no: String,
    refused: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tell {
    text: String,
    send: String,
    more: String,
    empty: String,
    identity: String,
    born: String,
    not_found: String,
    which_village: String,
    no_village: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Notice {
    text: String,
}

impl Session {
    /// True while a person has a draft that they agreed to.
    #[must_use]
    pub fn is_writing(&self) -> bool {
        self.draft.as_ref().is_some_and(|draft| draft.consented)
    }
}

impl Dialogue {
    /// The dialogue shipped with the program.
    ///
    /// # Errors
    /// Never for the shipped file (a test holds it).
    pub fn shipped() -> Result<Self, DialogueError> {
        Self::read(include_str!("../../../../config/id/dialogue/lapor_bansos.toml"))
    }

    /// Reads and checks a dialogue file: every `goto` leads somewhere.
    ///
    /// # Errors
    /// What is wrong and where.
    pub fn read(text: &str) -> Result<Self, DialogueError> {
        let file: File = toml::from_str(text).map_err(|e| DialogueError(e.to_string()))?;
        let dialogue = Self { file };
        let nodes = &dialogue.file.node;
        let targets = nodes
            .iter()
            .flat_map(|n| n.options.iter().map(|o| &o.goto).chain(n.then.iter().map(|t| &t.goto)))
            .chain(dialogue.file.intent.iter().map(|i| &i.goto))
            .chain([&dialogue.file.start]);
        for target in targets {
            if dialogue.node(target).is_none() {
                let hint = kernel::suggest::hint(target, nodes.iter().map(|n| n.id.as_str()));
                return Err(DialogueError(format!("there is no node `{target}`{hint}")));
            }
        }
        Ok(dialogue)
    }

    /// A conversation that has not begun.
    #[must_use]
    pub fn begin(&self) -> Session {
        Session { node: self.file.start.clone(), draft: None }
    }

    /// Where a person stands who is handed to an agent: the dialogue is silent there.
    #[must_use]
    pub fn with_agent(&self) -> Session {
        let silent = self.file.node.iter().find(|node| node.silent);
        let node = silent.map_or_else(|| self.file.start.clone(), |node| node.id.clone());
        Session { node, draft: None }
    }

    fn node(&self, id: &str) -> Option<&Node> {
        self.file.node.iter().find(|node| node.id == id)
    }
}
