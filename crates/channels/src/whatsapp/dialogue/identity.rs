//! The last step of a report: whom and where it is about. By NIK and date of birth (the number is
//! masked at once, only its blind index is known here), or by the name of the village.

use super::{Choice, Command, Content, Dialogue, Draft, Incoming, Outgoing, Session, Step};
use kernel::Date;

/// Before the region number in the id of a list row.
const VILLAGE: &str = "DESA:";
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "mei", "jun", "jul", "agu", "sep", "okt", "nov", "des"];

impl Dialogue {
    /// A finished report whose person or village is asked for.
    pub(super) fn identifying(
        &self,
        session: &Session,
        draft: &Draft,
        incoming: &Incoming,
    ) -> Option<Step> {
        let mut draft = draft.clone();
        let tell = &self.file.tell;
        match &incoming.content {
            Content::Choice { id, .. } => {
                let village: u64 = id.strip_prefix(VILLAGE)?.parse().ok()?;
                draft.village = Some(village);
                Some(self.done(Command::OpenCase(draft)))
            }
            Content::Text(text) => {
                draft.persons.extend(incoming.persons.iter().cloned());
                let born = date_in(text);
                Some(match (draft.persons.is_empty(), born) {
                    (false, Some(born)) => {
                        let command = Command::Identify(draft.clone(), born);
                        Step { command: Some(command), ..self.wait(session, draft, None) }
                    }
                    (false, None) => self.wait(session, draft, Some(&tell.born)),
                    (true, _) if incoming.was_masked => {
                        self.wait(session, draft, Some(&tell.not_found))
                    }
                    (true, _) => {
                        let command = Command::FindVillage(draft.clone(), text.clone());
                        Step { command: Some(command), ..self.wait(session, draft, None) }
                    }
                })
            }
            Content::Location { latitude, longitude } => {
                draft.location = Some((latitude.to_string(), longitude.to_string()));
                Some(self.wait(session, draft, Some(&tell.identity)))
            }
            Content::Media { media_id, .. } => {
                draft.media.push(media_id.clone());
                Some(self.wait(session, draft, Some(&tell.identity)))
            }
            Content::Form(_) | Content::Contact | Content::Unknown(_) => {
                Some(self.wait(session, draft, Some(&tell.identity)))
            }
        }
    }

    /// A form filled in inside the chat is a whole report with its consent: it needs no dialogue.
    pub(super) fn form(&self, session: &Session, fields: &[(String, String)]) -> Step {
        let get = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, v)| v.as_str());
        let consented = matches!(get("consent"), Some("true" | "yes" | "ya"));
        let (Some(kind), true) = (get("kind"), consented) else {
            return self.not_understood(session);
        };
        let draft = Draft {
            kind: kind.to_owned(),
            consented: true,
            parts: get("text").into_iter().map(str::to_owned).collect(),
            finished: true,
            village: get("village").and_then(|v| v.parse().ok()),
            ..Draft::default()
        };
        if draft.village.is_none() {
            return self.wait(session, draft, Some(&self.file.tell.identity));
        }
        Step { session: session.clone(), ..self.done(Command::OpenCase(draft)) }
    }

    /// What to say when nobody has this NIK and date of birth.
    #[must_use]
    pub fn nobody_found(&self) -> Outgoing {
        Outgoing::Text(self.file.tell.not_found.clone())
    }

    /// What to say when no village has this name.
    #[must_use]
    pub fn no_village(&self) -> Outgoing {
        Outgoing::Text(self.file.tell.no_village.clone())
    }

    /// Villages to choose from: region number and name.
    #[must_use]
    pub fn choose_village(&self, villages: &[(u64, String)]) -> Outgoing {
        let row = |(code, name): &(u64, String)| (format!("{VILLAGE}{code}"), name.clone());
        let options = villages.iter().map(row).collect();
        Outgoing::Menu { text: self.file.tell.which_village.clone(), options }
    }

    /// The menu, for an agent who gives a conversation back.
    #[must_use]
    pub fn menu(&self) -> Outgoing {
        let start = self.node(&self.file.start);
        let row = |option: &Choice| (option.id.clone(), option.title.clone());
        Outgoing::Menu {
            text: start.map(|node| node.text.trim().to_owned()).unwrap_or_default(),
            options: start.map(|node| node.options.iter().map(row).collect()).unwrap_or_default(),
        }
    }

    fn done(&self, command: Command) -> Step {
        Step { session: self.begin(), replies: Vec::new(), command: Some(command) }
    }

    fn wait(&self, session: &Session, draft: Draft, say: Option<&String>) -> Step {
        let replies = say.map(|text| Outgoing::Text(text.clone())).into_iter().collect();
        let session = Session { node: session.node.clone(), draft: Some(draft) };
        Step { session, replies, command: None }
    }
}

/// A date as people write it: `23-04-1987`, `23/4/87` is refused, `23 april 1987`, `1987-04-23`.
pub(super) fn date_in(text: &str) -> Option<Date> {
    let lower = text.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    words.windows(3).find_map(|w| {
        let number = |word: &str| word.parse::<u32>().ok();
        let month = |word: &str| {
            number(word).or_else(|| {
                let at = MONTHS.iter().position(|month| word.starts_with(month))?;
                u32::try_from(at + 1).ok()
            })
        };
        let (day, year) = match (w[0].len(), w[2].len()) {
            (1 | 2, 4) => (number(w[0])?, number(w[2])?),
            (4, 1 | 2) => (number(w[2])?, number(w[0])?),
            _ => return None,
        };
        format!("{year:04}-{:02}-{day:02}", month(w[1])?).parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_people_write_them() {
        let check = |text: &str, date: Option<&str>| {
            assert_eq!(date_in(text), date.map(|d| d.parse().unwrap()), "{text}");
        };
        check("••••0002 lahir 23-04-1987", Some("1987-04-23"));
        check("23/4/1987", Some("1987-04-23"));
        check("23 April 1987", Some("1987-04-23"));
        check("1987-04-23", Some("1987-04-23"));
        check("23/4/87", None);
        check("Barabali Batukliang", None);
        check("32 13 1987", None);
    }
}
