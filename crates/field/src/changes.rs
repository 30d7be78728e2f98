//! What a form says, compared with what the edition holds: answers, changes, topics. Pure.

use crate::known::{KnownFamily, KnownPerson};
use casework::Change;
use channels::openrosa::submission::Submission;
use instrument::{Instrument, Kind, Unit};
use std::collections::BTreeMap;

/// Answers that can agree or not: those of the home and of the members, and the result.
pub(crate) fn answers(submission: &Submission) -> BTreeMap<String, String> {
    let kept = |path: &str| {
        path == "visit/result" || path.starts_with("home/") || path.starts_with("member[")
    };
    let values = submission.values.iter().filter(|(path, _)| kept(path));
    values.map(|(path, value)| (path.clone(), value.clone())).collect()
}

pub(crate) fn home(submission: &Submission) -> BTreeMap<String, String> {
    let values = submission.values.iter();
    values
        .filter_map(|(path, value)| Some((path.strip_prefix("home/")?.to_owned(), value.clone())))
        .collect()
}

/// Members: number in the form → field → value.
fn members(submission: &Submission) -> BTreeMap<usize, BTreeMap<String, String>> {
    let mut out: BTreeMap<usize, BTreeMap<String, String>> = BTreeMap::new();
    for (path, value) in &submission.values {
        let Some((number, field)) =
            path.strip_prefix("member[").and_then(|rest| rest.split_once("]/"))
        else {
            continue;
        };
        if let Ok(number) = number.parse() {
            out.entry(number).or_default().insert(field.to_owned(), value.clone());
        }
    }
    out
}

/// What was found otherwise than recorded.
pub(crate) fn changes(
    submission: &Submission,
    known: &KnownFamily,
    instrument: &Instrument,
) -> Vec<Change> {
    let mut out = Vec::new();
    if submission.value("visit/result") != Some("1") {
        return out;
    }
    let fits = |unit: Unit, column: &str, value: &str| {
        instrument
            .column(unit, column)
            .is_some_and(|c| value.parse().map_or(c.kind == Kind::Date, |v| c.allows(v)))
    };
    for (column, value) in home(submission) {
        if fits(Unit::Family, &column, &value) && known.values.get(&column) != Some(&value) {
            out.push(Change { variable: column, person: None, value });
        }
    }
    for member in members(submission).values() {
        let Some(person) = whom(member, known) else { continue };
        for (column, value) in member {
            if fits(Unit::Person, column, value) && person.values.get(column) != Some(value) {
                let id = Some(person.person);
                out.push(Change { variable: column.clone(), person: id, value: value.clone() });
            }
        }
    }
    out.truncate(casework::CHANGES_MAX);
    out
}

/// The recorded person a member of the form is: by id when the form knew it, else by name and day
/// of birth.
fn whom<'a>(member: &BTreeMap<String, String>, known: &'a KnownFamily) -> Option<&'a KnownPerson> {
    if let Some(id) = member.get("person").and_then(|id| id.parse::<u64>().ok()) {
        return known.people.iter().find(|p| p.person == id);
    }
    let plain = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    let name = plain(member.get("name")?);
    let born = member.get("birth_date");
    let mut same = known.people.iter().filter(|p| {
        plain(&p.name) == name && (born.is_none() || p.values.get("birth_date") == born)
    });
    same.next().filter(|_| same.next().is_none())
}

/// What a visit found besides values: somebody died, moved, is new; the family is not there.
pub(crate) fn topics(submission: &Submission) -> Vec<String> {
    let mut out = std::collections::BTreeSet::new();
    if submission.value("visit/result") == Some("5") {
        out.insert("family_gone".to_owned());
    }
    for member in members(submission).values() {
        match member.get("presence").map(String::as_str) {
            Some("2") => out.insert("member_died".to_owned()),
            Some("3" | "4") => out.insert("member_moved".to_owned()),
            Some("5") => out.insert("member_new".to_owned()),
            Some("6") => out.insert("member_not_found".to_owned()),
            _ => continue,
        };
    }
    out.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(result: u8, rest: &str) -> Submission {
        let xml = format!(
            "<data id=\"groundcheck\" version=\"1\"><visit><family>e</family><result>{result}</result></visit>{rest}\
             <meta><instanceID>uuid:1</instanceID></meta></data>"
        );
        Submission::read(xml.as_bytes()).unwrap()
    }

    fn known() -> KnownFamily {
        let values = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        let person = |person, name: &str, born: &str| KnownPerson {
            person,
            name: name.to_owned(),
            values: values(&[("birth_date", born), ("sex", "2")]),
        };
        KnownFamily {
            family: 1,
            values: values(&[("floor_material", "6"), ("wall_material", "1")]),
            people: vec![
                person(10, "INAQ SAHNIM", "1980-03-04"),
                person(11, "SITI", "2001-01-01"),
                person(12, "SITI", "2004-01-01"),
            ],
            ..KnownFamily::default()
        }
    }

    fn found(rest: &str) -> Vec<(String, Option<u64>, String)> {
        let instrument = Instrument::embedded().unwrap();
        let all = changes(&form(1, rest), &known(), &instrument);
        all.into_iter().map(|c| (c.variable, c.person, c.value)).collect()
    }

    #[test]
    fn only_what_differs_and_is_allowed_is_proposed() {
        let home = "<home><floor_material>8</floor_material><wall_material>1</wall_material>\
                    <roof_material>99</roof_material><nonsense>1</nonsense></home>";
        assert_eq!(found(home), [("floor_material".to_owned(), None, "8".to_owned())]);
        let none = form(4, home);
        assert!(changes(&none, &known(), &Instrument::embedded().unwrap()).is_empty());
    }

    #[test]
    fn a_member_is_known_by_id_or_by_name_and_birth_never_by_a_guess() {
        let sex = |whom: &str| {
            found(&format!("<member><presence>1</presence>{whom}<sex>1</sex></member>"))
        };
        let change = |person| vec![("sex".to_owned(), Some(person), "1".to_owned())];
        assert_eq!(sex("<person>12</person>"), change(12));
        assert_eq!(sex("<name>inaq  sahnim</name>"), change(10));
        assert_eq!(sex("<name>Siti</name><birth_date>2004-01-01</birth_date>"), change(12));
        assert_eq!(sex("<name>Siti</name>"), vec![], "two of that name");
        assert_eq!(sex("<person>99</person>"), vec![]);
    }

    #[test]
    fn deaths_moves_and_absent_families_are_topics() {
        let rest = "<member><presence>2</presence></member><member><presence>3</presence></member>\
                    <member><presence>1</presence></member>";
        assert_eq!(topics(&form(1, rest)), ["member_died", "member_moved"]);
        assert_eq!(topics(&form(5, "")), ["family_gone"]);
    }
}
