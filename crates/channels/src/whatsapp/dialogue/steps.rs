//! One step of a conversation.

use super::{Choice, Command, Content, Dialogue, Draft, Incoming, Node, Outgoing, Session, Step};
use super::{intent, normalise};

const CONSENT_YES: &str = "CONSENT_YES";
const CONSENT_NO: &str = "CONSENT_NO";
const SEND: &str = "SEND";

impl Dialogue {
    /// Takes one message: where the conversation stands now, what to answer, what to do.
    #[must_use]
    pub fn step(&self, session: &Session, incoming: &Incoming) -> Step {
        if let Content::Form(fields) = &incoming.content {
            return self.form(session, fields);
        }
        let mut step = match (&session.draft, self.node(&session.node)) {
            (Some(draft), _) if draft.finished => self
                .identifying(session, draft, incoming)
                .unwrap_or_else(|| self.writing(session, draft, &incoming.content)),
            (Some(draft), _) => self.writing(session, draft, &incoming.content),
            (None, Some(node)) if node.silent => stay(session),
            (None, Some(node)) => self.at_node(session, node, &incoming.content),
            (None, None) => self.go(&self.file.start),
        };
        if incoming.was_masked {
            step.replies.insert(0, Outgoing::Text(self.file.masked.text.clone()));
        }
        step
    }

    /// A person at a node: a button, an expected answer, or free words.
    fn at_node(&self, session: &Session, node: &Node, content: &Content) -> Step {
        match content {
            Content::Choice { id, .. } => self.chosen(session, id),
            Content::Text(text) => match (&node.expects, ticket_in(text)) {
                (Some(_), Some(ticket)) => self.expected(node, ticket),
                _ => self.free_text(session, text),
            },
            // A photo or place without a report: ask what it is about.
            _ => self.not_understood(session),
        }
    }

    fn chosen(&self, session: &Session, id: &str) -> Step {
        // A press on an older menu counts too: people scroll up.
        let options = self.file.node.iter().flat_map(|n| &n.options);
        let here = self.node(&session.node).into_iter().flat_map(|n| &n.options);
        match here.chain(options).find(|option| option.id == id) {
            Some(option) => self.go(&option.goto),
            None => self.go(&self.file.start),
        }
    }

    fn expected(&self, node: &Node, ticket: String) -> Step {
        let target = node.then.as_ref().map_or(&self.file.start, |then| &then.goto);
        let mut step = self.go(target);
        step.replies.clear();
        step.command = Some(Command::CaseStatus(ticket));
        step
    }

    fn free_text(&self, session: &Session, text: &str) -> Step {
        if let Some(ticket) = ticket_in(text) {
            let session = session.clone();
            let command = Some(Command::CaseStatus(ticket));
            return Step { session, replies: vec![], command };
        }
        let words = normalise(text, &self.file.words);
        match intent::best(&self.file.intent, &words) {
            Some(intent) => self.go(&intent.goto),
            None => self.not_understood(session),
        }
    }

    pub(super) fn not_understood(&self, session: &Session) -> Step {
        let start = self.node(&self.file.start);
        let options = start.map_or(&[][..], |node| &node.options);
        let menu =
            Outgoing::Menu { text: self.file.unknown.text.clone(), options: titles(options) };
        Step { session: session.clone(), replies: vec![menu], command: None }
    }

    /// Enters a node: says its text, or asks for consent, or hands over.
    fn go(&self, id: &str) -> Step {
        let Some(node) = self.node(id) else {
            return Step { session: self.begin(), replies: vec![], command: None };
        };
        if let Some(kind) = &node.consent_for {
            return self.ask_consent(node, kind);
        }
        let text = node.text.trim().to_owned();
        let reply = if node.options.is_empty() {
            Outgoing::Text(text)
        } else {
            Outgoing::Menu { text, options: titles(&node.options) }
        };
        let hands_over = node.then.as_ref().filter(|then| then.command == "hand_over");
        let at = hands_over.map_or(&node.id, |then| &then.goto);
        Step {
            session: Session { node: at.clone(), draft: None },
            replies: vec![reply],
            command: hands_over.map(|_| Command::HandOver),
        }
    }

    fn ask_consent(&self, node: &Node, kind: &str) -> Step {
        let consent = &self.file.consent;
        let options = vec![
            (CONSENT_YES.to_owned(), consent.yes.clone()),
            (CONSENT_NO.to_owned(), consent.no.clone()),
        ];
        let draft = Draft { kind: kind.to_owned(), ..Draft::default() };
        Step {
            session: Session { node: node.id.clone(), draft: Some(draft) },
            replies: vec![Outgoing::Menu { text: consent.text.clone(), options }],
            command: None,
        }
    }

    /// A person writing a report.
    fn writing(&self, session: &Session, draft: &Draft, content: &Content) -> Step {
        if !draft.consented {
            return self.answer_to_consent(session, draft, content);
        }
        match content {
            Content::Choice { id, .. } if id == SEND => self.send(session, draft),
            // Another button means the person went elsewhere: the draft is dropped on purpose.
            Content::Choice { id, .. } => self.chosen(session, id),
            Content::Text(text) if is_word(text, &self.file.tell.send) => self.send(session, draft),
            other => self.add(session, draft, other),
        }
    }

    fn answer_to_consent(&self, session: &Session, draft: &Draft, content: &Content) -> Step {
        let consent = &self.file.consent;
        let (yes, no) = match content {
            Content::Choice { id, .. } => (id == CONSENT_YES, id != CONSENT_YES),
            Content::Text(text) => {
                let said = |words: &[&str]| words.iter().any(|word| is_word(text, word));
                (said(&[&consent.yes, "ya", "iya", "ok", "oke"]), said(&[&consent.no, "batal"]))
            }
            _ => (false, false),
        };
        if yes {
            let draft = Draft { consented: true, ..draft.clone() };
            let replies = vec![Outgoing::Text(self.file.tell.text.clone())];
            let session = Session { node: session.node.clone(), draft: Some(draft) };
            return Step { session, replies, command: None };
        }
        if no {
            let replies = vec![Outgoing::Text(consent.refused.clone())];
            return Step { session: self.begin(), replies, command: None };
        }
        // Nothing is kept before consent; ask again.
        self.node(&session.node)
            .map_or_else(|| self.go(&self.file.start), |node| self.ask_consent(node, &draft.kind))
    }

    fn add(&self, session: &Session, draft: &Draft, content: &Content) -> Step {
        let mut draft = draft.clone();
        match content {
            Content::Text(text) => draft.parts.push(text.clone()),
            Content::Media { media_id, caption, .. } => {
                draft.media.push(media_id.clone());
                draft.parts.extend(caption.clone());
            }
            Content::Location { latitude, longitude } => {
                draft.location = Some((latitude.to_string(), longitude.to_string()));
            }
            Content::Choice { .. } | Content::Form(_) | Content::Contact | Content::Unknown(_) => {}
        }
        let tell = &self.file.tell;
        let options = vec![(SEND.to_owned(), tell.send.clone())];
        Step {
            session: Session { node: session.node.clone(), draft: Some(draft) },
            replies: vec![Outgoing::Menu { text: tell.more.clone(), options }],
            command: None,
        }
    }

    fn send(&self, session: &Session, draft: &Draft) -> Step {
        let tell = &self.file.tell;
        if draft.parts.is_empty() && draft.media.is_empty() {
            let replies = vec![Outgoing::Text(tell.empty.clone())];
            return Step { session: session.clone(), replies, command: None };
        }
        let replies = vec![Outgoing::Text(tell.identity.clone())];
        let draft = Draft { finished: true, ..draft.clone() };
        let session = Session { node: session.node.clone(), draft: Some(draft) };
        Step { session, replies, command: None }
    }
}

fn stay(session: &Session) -> Step {
    Step { session: session.clone(), replies: vec![], command: None }
}

fn titles(options: &[Choice]) -> Vec<(String, String)> {
    options.iter().map(|option| (option.id.clone(), option.title.clone())).collect()
}

fn is_word(text: &str, word: &str) -> bool {
    text.trim().trim_end_matches(['.', '!']).eq_ignore_ascii_case(word)
}

/// A ticket such as `KB-5202-2611-0147`, in any case, with blanks for hyphens.
fn ticket_in(text: &str) -> Option<String> {
    let upper = text.to_uppercase();
    let parts: Vec<&str> =
        upper.split(|c: char| !c.is_ascii_alphanumeric()).filter(|p| !p.is_empty()).collect();
    parts.windows(4).find_map(|w| {
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let letters = w[0].len() == 2 && w[0].bytes().all(|b| b.is_ascii_uppercase());
        let numbers = [w[1], w[2], w[3]].iter().all(|part| part.len() >= 4 && digits(part));
        let fits = letters && numbers && w[1].len() == 4 && w[2].len() == 4;
        fits.then(|| w.join("-"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> Incoming {
        Incoming { persons: vec![], content: Content::Text(words.into()), was_masked: false }
    }

    fn press(id: &str) -> Incoming {
        let content = Content::Choice { id: id.into(), title: String::new() };
        Incoming { persons: vec![], content, was_masked: false }
    }

    fn walk(dialogue: &Dialogue, messages: &[Incoming]) -> (Session, Vec<Command>) {
        let mut session = dialogue.begin();
        let mut commands = Vec::new();
        for message in messages {
            let step = dialogue.step(&session, message);
            commands.extend(step.command);
            session = step.session;
        }
        (session, commands)
    }

    #[test]
    fn the_examples_of_every_intent_reach_it() {
        let dialogue = Dialogue::shipped().unwrap();
        let mut tried = 0;
        for intent in &dialogue.file.intent {
            for example in &intent.examples {
                let words = normalise(example, &dialogue.file.words);
                let found = intent::best(&dialogue.file.intent, &words);
                let goto = found.map(|i| (i.id.as_str(), i.goto.as_str()));
                assert!(
                    goto.is_some_and(|(id, goto)| id == intent.id || goto == intent.goto),
                    "`{example}` of {} found {goto:?}",
                    intent.id
                );
                tried += 1;
            }
        }
        assert!(dialogue.file.intent.len() >= 17 && tried >= 51, "{tried}");
    }

    #[test]
    fn a_report_is_written_message_by_message() {
        let dialogue = Dialogue::shipped().unwrap();
        let photo = Content::Media {
            kind: "image".into(),
            media_id: "M1".into(),
            sha256: None,
            mime: None,
            caption: Some("rumah saya".into()),
        };
        let (_, commands) = walk(
            &dialogue,
            &[
                text("desil saya salah"),
                press("PERBAIKI"),
                press(CONSENT_YES),
                text("lantai rumah saya tanah"),
                Incoming { persons: vec![], content: photo, was_masked: false },
                text("kirim"),
                text("barabali batukliang"),
                press("DESA:5202012001"),
            ],
        );
        let [Command::FindVillage(_, name), Command::OpenCase(draft)] = commands.as_slice() else {
            panic!("{commands:?}")
        };
        assert_eq!((name.as_str(), draft.village), ("barabali batukliang", Some(5_202_012_001)));
        assert_eq!(draft.kind, "update");
        assert_eq!(draft.parts, ["lantai rumah saya tanah", "rumah saya"]);
        assert_eq!(draft.media, ["M1"]);
    }

    #[test]
    fn a_person_is_found_by_two_things_they_know() {
        let dialogue = Dialogue::shipped().unwrap();
        let nik =
            Incoming { persons: vec!["ab".into()], was_masked: true, ..text("••••0002") };
        let mut said = vec![press("PERBAIKI"), press(CONSENT_YES), text("lantai tanah")];
        said.extend([text("kirim"), nik, text("23 april 1987")]);
        let (session, commands) = walk(&dialogue, &said);
        let [Command::Identify(draft, born)] = commands.as_slice() else { panic!("{commands:?}") };
        assert_eq!(
            (draft.persons.as_slice(), *born),
            (&["ab".to_owned()][..], "1987-04-23".parse().unwrap())
        );
        assert!(session.draft.is_some_and(|draft| draft.finished), "kept until it is filed");
    }

    #[test]
    fn a_form_is_a_whole_report_but_not_without_consent() {
        let dialogue = Dialogue::shipped().unwrap();
        let form = |consent: &str| {
            let fields = [
                ("kind", "complaint"),
                ("text", "kartu tertelan"),
                ("village", "5202012001"),
                ("consent", consent),
            ];
            let fields = fields.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec();
            Incoming { persons: vec![], content: Content::Form(fields), was_masked: false }
        };
        let (_, commands) = walk(&dialogue, &[form("true")]);
        assert!(
            matches!(commands.as_slice(), [Command::OpenCase(draft)] if draft.kind == "complaint")
        );
        assert!(walk(&dialogue, &[form("false")]).1.is_empty());
    }

    #[test]
    fn nothing_is_kept_without_consent() {
        let dialogue = Dialogue::shipped().unwrap();
        let before = [press("PERBAIKI"), text("rumah saya bocor")];
        let (session, commands) = walk(&dialogue, &before);
        assert!(commands.is_empty());
        assert!(session.draft.is_some_and(|draft| draft.parts.is_empty() && !draft.consented));
        let (session, commands) = walk(&dialogue, &[press("PERBAIKI"), press(CONSENT_NO)]);
        assert_eq!((session, commands.len()), (dialogue.begin(), 0));
    }

    #[test]
    fn tickets_are_recognised_as_people_type_them() {
        let check = |text: &str, ticket: Option<&str>| {
            assert_eq!(ticket_in(text).as_deref(), ticket, "{text}");
        };
        check("KB-5202-2611-0147", Some("KB-5202-2611-0147"));
        check("tiket kb 5202 2611 0147 bagaimana", Some("KB-5202-2611-0147"));
        check("tiket saya hilang", None);
    }

    #[test]
    fn an_agent_is_not_interrupted() {
        let dialogue = Dialogue::shipped().unwrap();
        let (session, commands) = walk(&dialogue, &[text("mau bicara dengan petugas")]);
        assert_eq!(commands, [Command::HandOver]);
        let step = dialogue.step(&session, &text("halo bu"));
        assert!(step.replies.is_empty() && step.session == session);
    }

    #[test]
    fn a_masked_number_is_told() {
        let dialogue = Dialogue::shipped().unwrap();
        let incoming =
            Incoming { was_masked: true, ..text("nik ••••0002 tidak ditemukan") };
        let step = dialogue.step(&dialogue.begin(), &incoming);
        assert!(matches!(&step.replies[0], Outgoing::Text(t) if t.contains("samarkan")));
        assert_eq!(step.replies.len(), 2);
    }

    #[test]
    fn a_dead_end_in_the_file_is_refused() {
        let text = include_str!("../../../../../config/id/dialogue/lapor_bansos.toml");
        let broken = text.replace("goto = \"why_decile\"", "goto = \"why_decil\"");
        let error = Dialogue::read(&broken).unwrap_err().to_string();
        assert!(error.contains("why_decil") && error.contains("did you mean"), "{error}");
    }
}
