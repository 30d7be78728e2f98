//! One story, told at each of the five doors: Cek Bansos, SIKS-NG's file, the call centre, WhatsApp and
//! a ground check. Each alone opens a case about the same thing; all together it is one case.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

#[allow(dead_code, reason = "each test uses a part of the town")]
mod town;

use access::{Role, Territory};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use casework::NewAccount;
use doors::{Doors, Options, WhatsApp, take_delivery, work_off};
use kernel::FixedClock;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use store::{Query, Store, StoreError, Vault, params};
use tower::ServiceExt;
use town::Town;

/// 2026-11-22 18:00 WITA.
const NOW: i64 = 1_795_341_600_000;
const BORN: &str = "1980-03-04";
const DOORS: [&str; 5] = ["portal", "village", "call", "whatsapp", "ground"];
const STORY: &str = "lantai rumah kami sekarang tanah";

struct House {
    town: Town,
    doors: Doors,
    visit: field::Visit,
    key: String,
    _dir: tempfile::TempDir,
}

fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", dir.path().join("store.db").display())).unwrap();
    let vault = Vault::from_key([9; 32]);
    town::publish(&store, &vault, 60);
    let town = town::open(store, vault, Arc::new(FixedClock(NOW)));
    town.campaign("parity-campaign");
    let options = Options { synthetic: true, demo: false, secure: false, journal: None };
    let doors = Doors::new(town.work.clone(), options)
        .unwrap()
        .with_whatsapp(WhatsApp::simulated("127.0.0.1:1", b"a secret of sixteen"));
    let visits = town.visits.field().visits(town.account(1), false).unwrap();
    let visit = visits.into_iter().next().unwrap();
    let key = town.phone(1);
    House { town, doors, visit, key, _dir: dir }
}

impl House {
    fn nik(&self) -> String {
        town::nik(self.visit.known.family).expose().to_string()
    }

    fn cookie(&self, role: Role, territory: Territory) -> String {
        let new = NewAccount {
            login: format!("pintu-{}", role.word()),
            name: role.word().to_owned(),
            role,
            territory,
            password: None,
            family: None,
            person: None,
        };
        let account = self.town.work.make_account(None, new).unwrap();
        format!("padan_sesi={}", self.town.work.begin(account, true).unwrap().0.expose())
    }

    fn ask(&self, request: Request<Body>, to: axum::Router, expected: StatusCode) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let status = runtime.block_on(to.oneshot(request)).unwrap().status();
        assert_eq!(status, expected);
    }

    fn multipart(&self, path: &str, cookie: &str, parts: &[(&str, &str, &[u8])]) -> Request<Body> {
        let mut body = Vec::new();
        for (name, file, bytes) in parts {
            let file =
                if file.is_empty() { String::new() } else { format!("; filename=\"{file}\"") };
            let head =
                format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--b--\r\n");
        Request::post(path)
            .header("cookie", cookie)
            .header("x-openrosa-version", "1.0")
            .header("content-type", "multipart/form-data; boundary=b")
            .body(Body::from(body))
            .unwrap()
    }

    /// Tells the story at a door.
    fn tell(&self, door: &str) {
        let nik = self.nik();
        match door {
            "portal" => {
                let parts: [(&str, &str, &[u8]); 6] = [
                    ("id", "", b"web-parity-0001"),
                    ("nik", "", nik.as_bytes()),
                    ("lahir", "", BORN.as_bytes()),
                    ("text", "", STORY.as_bytes()),
                    ("v.floor_material", "", b"8"),
                    ("setuju", "", b"ya"),
                ];
                let request = self.multipart("/lapor/objection", "", &parts);
                self.ask(request, doors::router(self.doors.clone()), StatusCode::OK);
            }
            "village" => {
                let file = format!(
                    "id_usulan,nik,tanggal_lahir,jenis,keterangan,perubahan\nparity01,{nik},{BORN},objection,{STORY},floor_material=8\n"
                );
                let cookie = self.cookie(Role::VillageOperator, Territory::In(self.visit.village));
                let parts = [("berkas", "a.csv", file.as_bytes())];
                let request = self.multipart("/kerja/unggah", &cookie, &parts);
                self.ask(request, doors::router(self.doors.clone()), StatusCode::OK);
            }
            "call" => {
                // The first complaint of the list: what the registry says is not so.
                let body = format!(
                    "id=call-parity-1&cari={nik}&lahir={BORN}&keluhan=1&nilai1=floor_material%3D8&text={}",
                    STORY.replace(' ', "+")
                );
                let request = Request::post("/171")
                    .header("cookie", self.cookie(Role::CallAgent, Territory::Country))
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(Body::from(body))
                    .unwrap();
                self.ask(request, doors::router(self.doors.clone()), StatusCode::OK);
            }
            "whatsapp" => self.tell_whatsapp(&nik),
            "ground" => self.tell_ground(),
            other => panic!("no door {other}"),
        }
    }

    fn tell_whatsapp(&self, nik: &str) {
        let press = |id: &str| json!({"type": "interactive", "interactive": {"list_reply": {"id": id, "title": id}}});
        let words = |text: &str| json!({"type": "text", "text": {"body": text}});
        let known = format!("{nik} lahir 04-03-1980");
        let steps: [Json; 6] = [
            words("halo"),
            press("SANGGAH"),
            press("CONSENT_YES"),
            words("lantay rmh kami skrg tanah"),
            words("kirim"),
            words(&known),
        ];
        for (n, mut message) in (0_i64..).zip(steps) {
            message["id"] = json!(format!("wamid.P{n}"));
            message["from_user_id"] = json!("ID.P");
            message["timestamp"] = json!((NOW / 1_000 + n).to_string());
            let raw = json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages",
                "value": {"messaging_product": "whatsapp", "messages": [message]}}]}]});
            take_delivery(&self.doors, raw.to_string().as_bytes()).unwrap();
        }
        work_off(&self.doors).unwrap();
    }

    fn tell_ground(&self) {
        let xml = format!(
            "<data xmlns:orx=\"http://openrosa.org/xforms\" id=\"groundcheck\" version=\"1\"><visit><family>{}</family><result>1</result></visit>\
             <home><floor_material>8</floor_material><wall_material>1</wall_material><lighting>1</lighting></home>\
             <place>-8.65 116.32 12 4.8</place><start>2026-11-22T15:00:00.000+08:00</start><end>2026-11-22T15:25:00.000+08:00</end>\
             <orx:meta><orx:instanceID>uuid:parity-0001</orx:instanceID></orx:meta></data>",
            self.visit.entity
        );
        let path = format!("/or/key/{}/submission", self.key);
        let request =
            self.multipart(&path, "", &[("xml_submission_file", "form.xml", xml.as_bytes())]);
        self.ask(request, visits::router(self.town.visits.clone()), StatusCode::CREATED);
        let field = self.town.visits.field();
        field.work_off(10).unwrap();
        // A form without photos is doubted; the office looks at it and accepts it.
        let (_, office) = self.town.work.begin(self.town.account(0), false).unwrap();
        for line in field.in_review(&office.actor).unwrap() {
            field
                .settle(&office.actor, &line.instance, "accept", "Dilihat bersama petugas")
                .unwrap();
        }
        field.work_off(10).unwrap();
    }

    fn lines(&self, sql: &str) -> Vec<String> {
        let rows =
            self.town.work.store().read::<_, StoreError>(|r| r.query(sql, params![])).unwrap();
        rows.iter().map(|row| format!("{row:?}")).collect()
    }
}

#[test]
fn one_story_through_five_doors_is_the_same_case() {
    let about = "SELECT c.village, c.subject, c.family_id, c.state, t.topic FROM work_case c
                 JOIN case_topic t ON t.case_id = c.case_id WHERE t.topic = 'floor_material'";
    let alone: Vec<Vec<String>> = DOORS
        .iter()
        .map(|door| {
            let house = house();
            house.tell(door);
            house.lines(about)
        })
        .collect();
    for (door, case) in DOORS.iter().zip(&alone) {
        assert_eq!(case.len(), 1, "{door}: {case:?}");
        assert_eq!(case, &alone[0], "{door} is like {}", DOORS[0]);
    }
    // All of them, in any order: the one who speaks first opens it.
    for turn in 0..DOORS.len() {
        let house = house();
        for at in 0..DOORS.len() {
            house.tell(DOORS[(turn + at) % DOORS.len()]);
        }
        assert_eq!(house.lines("SELECT case_id FROM work_case").len(), 1, "first {}", DOORS[turn]);
        assert_eq!(house.lines("SELECT DISTINCT channel FROM report").len(), 5);
        assert_eq!(house.lines("SELECT report_id FROM report").len(), 5);
    }
}
