//! What the dialogue asks for, done in casework: reports filed with ids made from the message, so
//! that the same delivery has one effect; people found by what they know, never by their phone.

use super::courier::Say;
use super::inbox::Key;
use super::media;
use crate::registry::{self, Family};
use crate::state::Doors;
use crate::words;
use access::Actor;
use casework::{CaseworkError, Channel, Contact, NewEvidence, NewReport, Subject, day_of};
use channels::whatsapp::dialogue::{Command, Dialogue, Draft, normalise, same_word};
use kernel::{Date, FamilyId, PersonId, Region};
use std::collections::BTreeMap;
use store::{Query, StoreError, params};

/// Most villages offered to choose from: rows of a list.
const CHOICES_MAX: usize = 10;

/// What came of a command.
pub(super) enum Outcome {
    /// A case is open; casework tells the person.
    Filed,
    /// Say this and go on.
    Say(Say),
    /// An agent takes over.
    HandOver,
    /// Both.
    SayAndHandOver(Say),
}

/// Does what the dialogue asks for.
pub(super) fn perform(
    doors: &Doors,
    dialogue: &Dialogue,
    key: &Key,
    address: &str,
    whose: &Key,
    command: Command,
) -> Result<Outcome, CaseworkError> {
    let sent = Sent { key, address, whose };
    match command {
        Command::HandOver => Ok(Outcome::HandOver),
        Command::CaseStatus(ticket) => status(doors, whose, &ticket).map(Outcome::Say),
        Command::OpenCase(draft) => match draft.village.map(Region::from_number) {
            Some(Ok(village)) => file(doors, &sent, &draft, village, None),
            _ => Ok(Outcome::Say(dialogue.no_village().into())),
        },
        Command::Identify(draft, born) => match identify(doors, &draft.persons, born)? {
            Some((family, person)) => {
                let village = family.village;
                file(doors, &sent, &draft, village, Some((family.id, person)))
            }
            None => Ok(Outcome::Say(dialogue.nobody_found().into())),
        },
        Command::FindVillage(draft, name) => {
            let found = villages(doors, &name)?;
            match found.as_slice() {
                [] => Ok(Outcome::Say(dialogue.no_village().into())),
                [(village, _)] => {
                    let village = Region::from_number(*village)
                        .map_err(|e| CaseworkError::Refused(e.to_string()))?;
                    file(doors, &sent, &draft, village, None)
                }
                many => Ok(Outcome::Say(dialogue.choose_village(many).into())),
            }
        }
    }
}

/// The message that completes a report.
struct Sent<'a> {
    key: &'a Key,
    address: &'a str,
    whose: &'a Key,
}

fn file(
    doors: &Doors,
    sent: &Sent<'_>,
    draft: &Draft,
    village: Region,
    found: Option<(FamilyId, PersonId)>,
) -> Result<Outcome, CaseworkError> {
    let work = doors.work();
    let mut evidence = media::evidence(doors, draft)?;
    if let Some((latitude, longitude)) = &draft.location {
        evidence.push(NewEvidence {
            kind: "place".to_owned(),
            media: "text/plain".to_owned(),
            bytes: format!("{latitude}, {longitude}").into_bytes(),
            note: "Lokasi dari WhatsApp".to_owned(),
        });
    }
    let text = match draft.parts.join("\n") {
        text if text.trim().is_empty() => "Laporan dengan foto lewat WhatsApp".to_owned(),
        text => text,
    };
    let unknown = || Subject::Unknown(work.vault().index("wa.subject", sent.whose));
    let report = NewReport {
        id: format!("wa-{}", hex::encode(sent.key)),
        kind: draft.kind.clone(),
        channel: Channel::Whatsapp,
        village,
        subject: found.map_or_else(unknown, |(family, _)| Subject::Family(family)),
        person: found.map(|(_, person)| person),
        topics: crate::mentions::topics(&draft.kind, &text),
        text,
        changes: Vec::new(),
        contact: Some(Contact { by: "whatsapp".to_owned(), address: sent.address.to_owned() }),
        reporter: *sent.whose,
        about_self: found.is_some(),
        urgent: draft.kind == "reactivation",
        evidence,
    };
    match work.file_report(&Actor::visitor(), report) {
        // Filed before a crash, when a photo could or could not be fetched: the first one stands.
        Ok(_) | Err(CaseworkError::IdReused(_)) => Ok(Outcome::Filed),
        // A rule refuses it: a person explains, and nothing the citizen wrote is lost.
        Err(CaseworkError::Refused(why)) => Ok(Outcome::SayAndHandOver(Say::Text(format!(
            "Laporan belum dapat dicatat ({why}). Percakapan ini kami teruskan ke petugas."
        )))),
        Err(error) => Err(error),
    }
}

/// A case's state for a conversation that reported it; for others where to look instead.
fn status(doors: &Doors, whose: &Key, ticket: &str) -> Result<Say, CaseworkError> {
    let work = doors.work();
    let sql =
        "SELECT c.step, c.due_at, c.state FROM work_case c JOIN report r ON r.case_id = c.case_id
               WHERE c.ticket = $1 AND r.reporter = $2 LIMIT 1";
    let row = work.store().read::<_, StoreError>(|r| r.query_opt(sql, params![ticket, *whose]))?;
    let Some(row) = row else {
        return Ok(Say::Text(format!(
            "{ticket} tidak dilaporkan dari percakapan ini. Untuk menjaga rahasia, lihat di halaman Ikuti Laporan dengan nomor dan kata kuncinya."
        )));
    };
    let step: String = row.get("step")?;
    let name = words::state(work.tables(), &step);
    Ok(Say::Text(if row.get::<String>("state")? == "open" {
        let due = words::date(day_of(row.get("due_at")?));
        format!(
            "{ticket}: {name}, paling lambat {due}. Bila lewat, laporan naik ke tingkat lebih tinggi, tidak hangus."
        )
    } else {
        format!("{ticket}: {name}. Alasan lengkapnya ada di halaman Ikuti Laporan.")
    }))
}

/// The person with one of these NIKs (by their blind indexes) who was born on that day.
fn identify(
    doors: &Doors,
    persons: &[String],
    born: Date,
) -> Result<Option<(Family, PersonId)>, CaseworkError> {
    let store = doors.work().store();
    let Some(edition) = store.current_edition()? else { return Ok(None) };
    let sql = "SELECT person_id, family_id FROM person_key WHERE nik_index = $1 ORDER BY person_id";
    for index in persons.iter().filter_map(|hexed| hex::decode(hexed).ok()) {
        let rows = store.read_edition::<_, StoreError>(edition.number, |r| {
            r.query(sql, params![index.clone()])
        })?;
        for row in rows {
            let (person, family): (u64, u64) = (row.get("person_id")?, row.get("family_id")?);
            let family = registry::family(doors, FamilyId::new(family))
                .map_err(|e| CaseworkError::Refused(format!("{e:?}")))?;
            if let Some(family) = family.filter(|family| family.has(person, born)) {
                return Ok(Some((family, PersonId::new(person))));
            }
        }
    }
    Ok(None)
}

/// Villages whose name stands in the text, with their district; those whose district stands there
/// too go before all others.
fn villages(doors: &Doors, text: &str) -> Result<Vec<(u64, String)>, CaseworkError> {
    let store = doors.work().store();
    let Some(edition) = store.current_edition()? else { return Ok(Vec::new()) };
    if let Ok(region) = Region::parse(text)
        && region.level() == kernel::Level::Village
    {
        return Ok(vec![(region.number(), region.to_string())]);
    }
    let sql = "SELECT v.region, v.name, COALESCE(d.name, '') AS district FROM region v
               LEFT JOIN region d ON d.region = v.parent WHERE v.level = 4 ORDER BY v.region";
    let rows = store.read_edition::<_, StoreError>(edition.number, |r| r.query(sql, params![]))?;
    let said = normalise(text, &BTreeMap::new());
    let has = |name: &str| {
        let words = normalise(name, &BTreeMap::new());
        !words.is_empty() && words.iter().all(|w| said.iter().any(|s| same_word(w, s)))
    };
    let mut found = Vec::new();
    for row in rows {
        let (name, district): (String, String) = (row.get("name")?, row.get("district")?);
        if has(&name) {
            found.push((has(&district), row.get("region")?, format!("{name}, {district}")));
        }
    }
    let exact = found.iter().any(|(with_district, _, _)| *with_district);
    found.retain(|(with_district, _, _)| *with_district || !exact);
    Ok(found.into_iter().take(CHOICES_MAX).map(|(_, region, name)| (region, name)).collect())
}
