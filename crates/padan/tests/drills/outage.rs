//! A full disk, and a journal that takes no entry, under the real server: everything that would
//! change something answers 503 and changes nothing, reading goes on, and when the trouble is over
//! the same requests are taken without a restart.

use crate::http::{Answer, Body};
use crate::place::{Place, Server, Somebody};
use casework::Casework;
use serde_json::json;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use store::{Query, StoreError, params};

/// The library that makes writes fail, shared with the drills of casework.
fn library(place: &Place) -> Option<PathBuf> {
    let library = place.path().join("recorder.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../casework/tests/crash/recorder.c");
    let mut gcc = Command::new("gcc");
    gcc.args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).arg(source).arg("-ldl");
    if gcc.status().is_ok_and(|status| status.success()) {
        return Some(library);
    }
    eprintln!("skipped: no gcc for the failing disk");
    None
}

/// Rows of every table.
fn rows(work: &Casework) -> Vec<(String, i64)> {
    let mut tables: Vec<String> =
        work.store().columns().unwrap().into_iter().map(|(table, _)| table).collect();
    tables.dedup();
    let count = |table: &String| {
        let sql = format!("SELECT COUNT(*) AS n FROM {table}");
        let n = work
            .store()
            .read::<_, StoreError>(|reader| reader.query_one(&sql, params![])?.get::<i64>("n"));
        (table.clone(), n.unwrap())
    };
    tables.iter().map(count).collect()
}

fn proposal(one: &Somebody, id: &str) -> Body {
    Body::json(&json!({"usulan": [{"id_usulan": id, "nik": one.nik, "tanggal_lahir": one.born,
        "jenis": "update", "keterangan": "Lantai masih tanah", "perubahan": "floor_material=8"}]}))
}

/// A case of the village that waits for its operator.
fn a_case(place: &Place, server: &Server) -> String {
    let one = &place.villagers()[0];
    let line = json!({"id_usulan": "outage-first-1", "nik": one.nik, "tanggal_lahir": one.born,
        "jenis": "objection", "keterangan": "Dinding masih gedek", "perubahan": "wall_material=3"});
    let body = Body::json(&json!({"usulan": [line]}));
    let answer = server.post("/api/usulan", &place.bearer("village_operator"), &body);
    let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    said["hasil"][0]["keterangan"].as_str().unwrap_or_else(|| panic!("{said}")).to_owned()
}

/// Requests that each change something and write it down: name, answer.
fn changes(place: &Place, server: &Server, ticket: &str) -> Vec<(&'static str, Answer)> {
    let people = place.villagers();
    let one = &people[people.len() - 1];
    let operator = place.bearer("village_operator");
    let agent = place.bearer("call_agent");
    let csv = format!(
        "id_usulan,nik,tanggal_lahir,jenis,keterangan,perubahan\noutage-csv-01,{},{},update,Lantai tanah,floor_material=8\n",
        one.nik, one.born
    );
    let report = [
        ("id", "outage-portal-0001"),
        ("nik", &one.nik),
        ("lahir", &one.born),
        ("text", "Lantai rumah kami masih tanah sejak dulu"),
        ("v.floor_material", "8"),
        ("setuju", "ya"),
    ];
    let call = [
        ("id", "outage-call-00001"),
        ("cari", &one.nik as &str),
        ("lahir", &one.born),
        ("keluhan", "16"),
        ("text", "Kartu tertelan mesin, bantuan belum diterima"),
    ];
    let decision = [
        ("id", "outage-decision-1"),
        ("putusan", "forward"),
        ("alasan", "Sesuai pemeriksaan di lapangan"),
    ];
    vec![
        (
            "POST /api/usulan",
            server.post("/api/usulan", &operator, &proposal(one, "outage-api-01")),
        ),
        (
            "POST /lapor/objection",
            server.post("/lapor/objection", "", &Body::multipart(&report, &[])),
        ),
        (
            "POST /kerja/unggah",
            server.post(
                "/kerja/unggah",
                &operator,
                &Body::multipart(&[], &[("berkas", "usulan.csv", csv.as_bytes())]),
            ),
        ),
        ("POST /171", server.post("/171", &agent, &Body::form(&call))),
        (
            "POST /kerja/{ticket}",
            server.post(&format!("/kerja/{ticket}"), &operator, &Body::multipart(&decision, &[])),
        ),
    ]
}

/// All answer 503, say when to come again, and nothing has changed.
fn all_refused(place: &Place, server: &Server, work: &Casework, ticket: &str, when: &str) {
    let before = rows(work);
    for (what, answer) in changes(place, server, ticket) {
        assert_eq!(answer.status, 503, "{when}: {what}: {}", answer.text());
        assert!(answer.head.to_lowercase().contains("retry-after"), "{when}: {what}");
    }
    assert_eq!(rows(work), before, "{when}: something changed");
}

/// Pages and look-ups that need no write.
fn reads_go_on(place: &Place, server: &Server, when: &str) {
    let operator = place.bearer("village_operator");
    for path in ["/", "/readyz", "/api/editions", "/kerja", "/api/kasus", "/lapor", "/saluran"] {
        let answer = server.get(path, &operator);
        assert_eq!(answer.status, 200, "{when}: GET {path}: {}", answer.text());
    }
    let one = &place.people[0];
    let (year, rest) = one.born.split_once('-').unwrap();
    let (month, day) = rest.split_once('-').unwrap();
    let fields = [("nik", one.nik.as_str()), ("hari", day), ("bulan", month), ("tahun", year)];
    let answer = server.post("/cek", "", &Body::form(&fields));
    assert_eq!(answer.status, 200, "{when}: POST /cek");
}

fn all_taken(place: &Place, server: &Server, ticket: &str, when: &str) {
    for (what, answer) in changes(place, server, ticket) {
        assert!(matches!(answer.status, 200 | 303), "{when}: {what}: {}", answer.text());
    }
}

#[test]
fn a_full_disk_refuses_every_change_and_goes_on_reading() {
    let place = Place::new(200);
    let Some(library) = library(&place) else { return };
    let full = place.path().join("full");
    let envs = [
        ("LD_PRELOAD", library),
        ("RECORD_DIR", place.path().canonicalize().unwrap()),
        ("RECORD_FULL", PathBuf::from("padan.db")),
    ];
    let mut server = Server::start(&place, &envs);
    server.ready(Duration::from_secs(20));
    let ticket = a_case(&place, &server);
    let work = place.work();
    std::fs::write(&full, "").unwrap();
    all_refused(&place, &server, &work, &ticket, "disk full");
    let out = server.post("/keluar", &place.bearer("auditor"), &Body::none());
    assert_eq!(out.status, 503, "signing out must not pretend");
    reads_go_on(&place, &server, "disk full");
    std::fs::remove_file(&full).unwrap();
    all_taken(&place, &server, &ticket, "after the full disk");
}

#[test]
fn a_journal_that_takes_no_entry_lets_nothing_change() {
    let place = Place::new(200);
    let mut server = Server::start(&place, &[]);
    server.ready(Duration::from_secs(20));
    let ticket = a_case(&place, &server);
    let work = place.work();
    let sql = |text: &'static str| {
        work.store()
            .write::<_, StoreError, _>(move |tx| tx.execute(text, params![]).map(drop))
            .unwrap();
    };
    sql(
        "CREATE TRIGGER closed BEFORE INSERT ON journal_leaf BEGIN SELECT RAISE(ABORT, 'closed'); END",
    );
    all_refused(&place, &server, &work, &ticket, "journal closed");
    reads_go_on(&place, &server, "journal closed");
    sql("DROP TRIGGER closed");
    all_taken(&place, &server, &ticket, "after the journal");
}
