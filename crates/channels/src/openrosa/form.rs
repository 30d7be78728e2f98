//! The ground-check form, generated from the instrument: its questions, codes, skip rules,
//! constraints and Indonesian labels. The family comes from the entity list of the visitor's own
//! village; members are a repeat; three photos and the place.

use super::xml::escaped;
use instrument::{Column, Instrument, Kind, Unit};
use std::fmt::Write;

/// Form id.
pub const FORM_ID: &str = "groundcheck";

/// Results of a visit (Regsosek 2022, question 205).
const RESULTS: [(u8, &str); 5] = [
    (1, "Lengkap"),
    (2, "Belum lengkap"),
    (3, "Tidak ada yang bisa ditemui sampai akhir"),
    (4, "Menolak"),
    (5, "Pindah atau bangunan tidak ada"),
];

/// Whether a member is there (Regsosek 2022, question 404).
const PRESENCE: [(u8, &str); 6] = [
    (1, "Tinggal bersama keluarga"),
    (2, "Meninggal"),
    (3, "Pindah di dalam negeri"),
    (4, "Pindah ke luar negeri"),
    (5, "Anggota baru"),
    (6, "Tidak ditemukan"),
];

/// The form as XML. `version` must change whenever the instrument does.
#[must_use]
pub fn form(instrument: &Instrument, version: &str) -> String {
    let mut form = Form::default();
    form.visit();
    for column in asked(instrument, Unit::Family) {
        form.question(column, "/data/home", "/data/visit/result = 1");
    }
    for column in asked(instrument, Unit::Person) {
        form.question(column, "/data/member", "/data/visit/result = 1");
    }
    form.finish(version)
}

/// The columns a visitor asks for: not identities, not what is derived or comes from the region.
fn asked(instrument: &Instrument, unit: Unit) -> impl Iterator<Item = &Column> {
    let derived = ["member_count", "card_status"];
    instrument.columns(unit).filter(move |c| {
        matches!(c.kind, Kind::Code | Kind::Count | Kind::Date)
            && !derived.contains(&c.name.as_str())
            && !(unit == Unit::Family && c.codes.is_empty() && c.kind == Kind::Date)
    })
}

/// The parts of a form while it is written.
#[derive(Default)]
struct Form {
    home: String,
    member: String,
    binds: String,
    home_body: String,
    member_body: String,
}

impl Form {
    fn visit(&mut self) {
        self.bind("/data/visit/family", "string", &[("required", "true()")]);
        self.bind("/data/visit/result", "int", &[("required", "true()")]);
        let complete = ("relevant", "/data/visit/result = 1");
        self.bind("/data/home", "", &[complete]);
        for photo in ["photo_card", "photo_front", "photo_inside"] {
            self.bind(&format!("/data/photos/{photo}"), "binary", &[complete]);
        }
        self.bind("/data/place", "geopoint", &[]);
        self.bind("/data/member/presence", "int", &[("required", "true()")]);
        self.member.push_str("<presence/><name/>");
        self.bind("/data/member/name", "string", &[("required", "true()")]);
        self.member_body.push_str(&select(
            "/data/member/presence",
            "Keberadaan anggota",
            &PRESENCE,
        ));
        self.member_body.push_str(&input("/data/member/name", "Nama"));
    }

    fn question(&mut self, column: &Column, parent: &str, _when: &str) {
        let path = format!("{parent}/{}", column.name);
        let relevant = relevance(column, parent);
        let constraint = constraint(column);
        let mut rules: Vec<(&str, &str)> = Vec::new();
        rules.extend(relevant.as_deref().map(|rule| ("relevant", rule)));
        rules.extend(constraint.as_deref().map(|rule| ("constraint", rule)));
        rules.push(("required", "true()"));
        let kind = if column.kind == Kind::Date { "date" } else { "int" };
        self.bind(&path, kind, &rules);
        let label = &column.label.id;
        let control = if column.codes.is_empty() {
            input(&path, label)
        } else {
            let codes: Vec<(u8, &str)> =
                column.codes.iter().map(|c| (c.code, c.label.id.as_str())).collect();
            select(&path, label, &codes)
        };
        let (instance, body) = if parent == "/data/home" {
            (&mut self.home, &mut self.home_body)
        } else {
            (&mut self.member, &mut self.member_body)
        };
        let _ = write!(instance, "<{}/>", column.name);
        body.push_str(&control);
    }

    fn bind(&mut self, path: &str, kind: &str, rules: &[(&str, &str)]) {
        let _ = write!(self.binds, "   <bind nodeset=\"{path}\"");
        if !kind.is_empty() {
            let _ = write!(self.binds, " type=\"{kind}\"");
        }
        for (name, rule) in rules {
            let _ = write!(self.binds, " {name}=\"{}\"", escaped(rule));
            if *name == "constraint" {
                self.binds.push_str(" jr:constraintMsg=\"Periksa lagi angkanya.\"");
            }
        }
        self.binds.push_str("/>\n");
    }

    fn finish(self, version: &str) -> String {
        let Self { home, member, binds, home_body, member_body } = self;
        let result = select("/data/visit/result", "Hasil kunjungan", &RESULTS);
        let photos: String = [
            ("photo_card", "Foto KTP dan KK"),
            ("photo_front", "Foto depan rumah"),
            ("photo_inside", "Foto dalam rumah"),
        ]
        .iter()
        .map(|(name, label)| {
            format!(
                "    <upload ref=\"/data/photos/{name}\" mediatype=\"image/*\"><label>{label}</label></upload>\n"
            )
        })
        .collect();
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms" xmlns:odk="http://www.opendatakit.org/xforms">
 <h:head>
  <h:title>Kunjungan keluarga</h:title>
  <model odk:xforms-version="1.0.0">
   <instance>
    <data id="{FORM_ID}" version="{version}">
     <visit><family/><result/></visit>
     <home>{home}</home>
     <member jr:template="">{member}</member>
     <photos><photo_card/><photo_front/><photo_inside/></photos>
     <place/>
     <start/><end/><deviceid/>
     <orx:meta><orx:instanceID/></orx:meta>
    </data>
   </instance>
   <instance id="families" src="jr://file-csv/families.csv"/>
{binds}   <bind nodeset="/data/start" type="dateTime" jr:preload="timestamp" jr:preloadParams="start"/>
   <bind nodeset="/data/end" type="dateTime" jr:preload="timestamp" jr:preloadParams="end"/>
   <bind nodeset="/data/deviceid" type="string" jr:preload="property" jr:preloadParams="deviceid"/>
   <bind nodeset="/data/orx:meta/orx:instanceID" type="string" readonly="true()" jr:preload="uid"/>
  </model>
 </h:head>
 <h:body>
  <group ref="/data/visit"><label>Kunjungan</label>
    <select1 ref="/data/visit/family" appearance="autocomplete"><label>Keluarga</label><itemset nodeset="instance('families')/root/item"><value ref="name"/><label ref="label"/></itemset></select1>
{result}  </group>
  <group ref="/data/home"><label>Rumah dan aset</label>
{home_body}  </group>
  <group ref="/data/member"><label>Anggota keluarga</label>
   <repeat nodeset="/data/member">
{member_body}   </repeat>
  </group>
  <group ref="/data/photos"><label>Foto</label>
{photos}  </group>
  <input ref="/data/place"><label>Lokasi rumah</label></input>
 </h:body>
</h:html>
"#
        )
    }
}

fn input(path: &str, label: &str) -> String {
    format!("    <input ref=\"{path}\"><label>{}</label></input>\n", escaped(label))
}

fn select(path: &str, label: &str, codes: &[(u8, &str)]) -> String {
    let mut out = format!("    <select1 ref=\"{path}\"><label>{}</label>", escaped(label));
    for (code, text) in codes {
        let _ = write!(out, "<item><label>{}</label><value>{code}</value></item>", escaped(text));
    }
    out.push_str("</select1>\n");
    out
}

/// When a question is asked: the instrument's skip rule and, for members, presence and age.
fn relevance(column: &Column, parent: &str) -> Option<String> {
    let mut rules = Vec::new();
    if parent == "/data/member" {
        rules.push("(../presence = 1 or ../presence = 5)".to_owned());
        let age = "int((today() - ../birth_date) div 365.25)";
        rules.extend(column.age_min.map(|years| format!("{age} >= {years}")));
        rules.extend(column.age_max.map(|years| format!("{age} <= {years}")));
    }
    if let Some(when) = &column.asked_if {
        let values: Vec<String> =
            when.values.iter().map(|v| format!("../{} = {v}", when.column)).collect();
        rules.push(format!("({})", values.join(" or ")));
    }
    (!rules.is_empty()).then(|| rules.join(" and "))
}

fn constraint(column: &Column) -> Option<String> {
    let mut rules = Vec::new();
    rules.extend(column.min.map(|min| format!(". >= {min}")));
    rules.extend(column.max.map(|max| format!(". <= {max}")));
    if column.kind == Kind::Date {
        rules.push(". <= today()".to_owned());
    }
    if let Some(never) = &column.contradicts {
        let others: Vec<String> =
            never.values.iter().map(|v| format!("../{} = {v}", never.column)).collect();
        rules.push(format!("not(. = {} and ({}))", never.value, others.join(" or ")));
    }
    (!rules.is_empty()).then(|| rules.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_asks_every_question_of_the_instrument() {
        let instrument = Instrument::embedded().unwrap();
        let form = form(&instrument, "2026112201");
        for name in ["floor_material", "electricity_power", "asset_motorcycle", "livestock_goat"] {
            assert!(form.contains(&format!("ref=\"/data/home/{name}\"")), "{name}");
        }
        for name in ["relation", "birth_date", "work_status", "difficulty_seeing"] {
            assert!(form.contains(&format!("ref=\"/data/member/{name}\"")), "{name}");
        }
        assert!(form.contains("relevant=\"(../lighting = 1)\""));
        assert!(form.contains("not(. = 1 and (../lighting = 4))"));
        assert!(!form.contains("/nik"), "the form never asks for a NIK");
    }

    #[test]
    fn the_form_is_well_formed_xml() {
        let form = form(&Instrument::embedded().unwrap(), "1");
        let mut reader = quick_xml::Reader::from_str(&form);
        reader.config_mut().check_end_names = true;
        let mut depth = 0_i32;
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Start(_) => depth += 1,
                quick_xml::events::Event::End(_) => depth -= 1,
                quick_xml::events::Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(depth, 0);
    }
}
