//! The 39 questions as data for the form in the browser: the same columns, codes, ranges, skip and
//! edit rules as the instrument. What a visitor cannot measure (a number, a name, where the village
//! lies) is confirmed: agrees or not.

use instrument::{Column, Instrument, Kind, Unit, Variable};
use serde::Serialize;

/// One of the 39 questions.
#[derive(Debug, Clone, Serialize)]
pub struct Question {
    /// From 1 to 39: those of the family first.
    pub number: usize,
    /// `family` or `person`: asked once, or for every member.
    pub unit: &'static str,
    /// The variable.
    pub key: String,
    /// Its name.
    pub label: String,
    /// Its fields.
    pub fields: Vec<FieldSpec>,
}

/// One answer of a question.
#[derive(Debug, Clone, Serialize)]
pub struct FieldSpec {
    /// The column, or `<variable>_agrees`.
    pub name: String,
    /// Its label.
    pub label: String,
    /// `code`, `count` or `date`.
    pub kind: &'static str,
    /// Codes and their meaning.
    pub codes: Vec<(u8, String)>,
    /// Least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i32>,
    /// Greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i32>,
    /// Asked only when this column has one of these values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_if: Option<(String, Vec<i32>)>,
    /// Asked from this age.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_min: Option<i32>,
    /// Asked up to this age.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_max: Option<i32>,
    /// This value cannot be with one of those of the other column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contradicts: Option<(i32, String, Vec<i32>)>,
    /// Part of the ODK form, or only confirmed here.
    pub confirms: bool,
}

/// The 39 questions.
#[must_use]
pub fn questions(instrument: &Instrument) -> Vec<Question> {
    let of = |unit: Unit| instrument.variables.iter().filter(move |v| v.unit == unit);
    of(Unit::Family)
        .chain(of(Unit::Person))
        .enumerate()
        .map(|(at, variable)| question(at + 1, variable))
        .collect()
}

fn question(number: usize, variable: &Variable) -> Question {
    let asked = variable.columns.iter().filter(|c| is_asked(variable.unit, c));
    let mut fields: Vec<FieldSpec> = asked.map(spec).collect();
    if fields.is_empty() {
        fields.push(confirmation(variable));
    }
    Question {
        number,
        unit: if variable.unit == Unit::Family { "family" } else { "person" },
        key: variable.key.clone(),
        label: variable.label.id.clone(),
        fields,
    }
}

/// True for columns of the family that a visit asks for.
#[must_use]
pub fn is_family_question(instrument: &Instrument, column: &str) -> bool {
    instrument.column(Unit::Family, column).is_some_and(|c| is_asked(Unit::Family, c))
}

/// The same choice as the ODK form makes (channels::openrosa::form).
fn is_asked(unit: Unit, column: &Column) -> bool {
    matches!(column.kind, Kind::Code | Kind::Count | Kind::Date)
        && !["member_count", "card_status"].contains(&column.name.as_str())
        && !(unit == Unit::Family && column.codes.is_empty() && column.kind == Kind::Date)
}

fn spec(column: &Column) -> FieldSpec {
    FieldSpec {
        name: column.name.clone(),
        label: column.label.id.clone(),
        kind: match column.kind {
            Kind::Date => "date",
            _ if column.codes.is_empty() => "count",
            _ => "code",
        },
        codes: column.codes.iter().map(|c| (c.code, c.label.id.clone())).collect(),
        min: column.min,
        max: column.max,
        asked_if: column.asked_if.as_ref().map(|w| (w.column.clone(), w.values.clone())),
        age_min: column.age_min,
        age_max: column.age_max,
        contradicts: column
            .contradicts
            .as_ref()
            .map(|c| (c.value, c.column.clone(), c.values.clone())),
        confirms: false,
    }
}

fn confirmation(variable: &Variable) -> FieldSpec {
    FieldSpec {
        name: format!("{}_agrees", variable.key),
        label: variable.label.id.clone(),
        kind: "code",
        codes: vec![(1, "Sesuai".to_owned()), (2, "Tidak sesuai".to_owned())],
        min: None,
        max: None,
        asked_if: None,
        age_min: None,
        age_max: None,
        contradicts: None,
        confirms: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_39_and_they_are_those_of_the_odk_form() {
        let instrument = Instrument::embedded().unwrap();
        let questions = questions(&instrument);
        assert_eq!(questions.len(), 39);
        assert_eq!(questions.iter().filter(|q| q.unit == "family").count(), 26);
        let form = channels::openrosa::form::form(&instrument, "1");
        let mut asked = 0;
        for question in &questions {
            let parent = if question.unit == "family" { "home" } else { "member" };
            for field in question.fields.iter().filter(|f| !f.confirms) {
                asked += 1;
                let path = format!("ref=\"/data/{parent}/{}\"", field.name);
                assert!(form.contains(&path), "{path}");
            }
        }
        let controls =
            form.matches("ref=\"/data/home/").count() + form.matches("ref=\"/data/member/").count();
        // `presence` and `name` are about the member, not of the 39.
        assert_eq!(controls, asked + 2);
        assert!(!questions.iter().any(|q| q.fields.iter().any(|f| f.name == "nik")));
    }
}
