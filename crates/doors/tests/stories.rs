//! One story per door, through the real router, over a small published edition.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use access::Policies;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use casework::Casework;
use doors::{Doors, Options, router, seed_demo};
use journal::verify::{self, Trust};
use journal::{DirFiles, Signer, Writer};
use kernel::{Date, EditionId, FixedClock, Nik};
use std::sync::Arc;
use store::blob::{CellKind, Layout, put_count, put_int, put_text};
use store::{Store, StoreError, Value, Vault};
use tower::ServiceExt;

/// 2026-11-10 09:00 WITA.
const NOW: i64 = 1_794_272_400_000;
const VILLAGE: u64 = 5_202_012_001;
const NIK: &str = "5202016304870002";

struct House {
    router: Router,
    work: Casework,
    writer: Writer<DirFiles>,
    trust: Trust,
    _dir: tempfile::TempDir,
}

fn born() -> Date {
    "1987-04-23".parse().unwrap()
}

/// Three families; the first one's head has the NIK.
fn publish(store: &Store, vault: &Vault) {
    let int = |name: &str| (name.to_owned(), CellKind::Int);
    let text = |name: &str| (name.to_owned(), CellKind::Text);
    let layout = Layout {
        sections: vec![
            (
                "family".to_owned(),
                vec![
                    int("family_id"),
                    int("village"),
                    int("head_person_id"),
                    text("hamlet"),
                    int("wall_material"),
                ],
            ),
            ("person".to_owned(), vec![int("person_id"), text("name"), int("birth_date")]),
            ("score".to_owned(), vec![int("decile")]),
        ],
    };
    let nik = Nik::parse(NIK).unwrap();
    let index = vault.nik_index(nik);
    store
        .publish_edition::<StoreError>(
            &EditionId::new("2026-4").unwrap(),
            born(),
            &"ab".repeat(32),
            NOW,
            |loader| {
                let layout = serde_json::to_string(&layout).unwrap();
                loader.append(
                    "fact",
                    &["name", "body"],
                    [Ok(vec!["layout".into(), layout.into()])],
                )?;
                let region = vec![
                    VILLAGE.into(),
                    520_201_u64.into(),
                    4.into(),
                    "Barabali".into(),
                    9.into(),
                    3.into(),
                ];
                loader.append(
                    "region",
                    &["region", "parent", "level", "name", "people", "families"],
                    [Ok(region)],
                )?;
                for family in 1..=3_u64 {
                    let mut body = Vec::new();
                    put_count(&mut body, 1);
                    put_int(&mut body, family as i64);
                    put_int(&mut body, VILLAGE as i64);
                    put_int(&mut body, family as i64 * 10);
                    put_text(&mut body, "Dusun Tibu Lempanas");
                    put_int(&mut body, 1);
                    put_count(&mut body, 1);
                    put_int(&mut body, family as i64 * 10);
                    put_text(&mut body, "AMAQ RIPIN");
                    put_int(&mut body, i64::from(born().days()));
                    put_count(&mut body, 1);
                    put_int(&mut body, 6);
                    let sealed = vault.seal(&format!("family.body|{family}"), &body)?;
                    loader.append(
                        "family",
                        &["family_id", "body"],
                        [Ok(vec![family.into(), Value::Bytes(sealed)])],
                    )?;
                    loader.append(
                        "village_family",
                        &["village", "decile", "family_id"],
                        [Ok(vec![VILLAGE.into(), 6.into(), family.into()])],
                    )?;
                }
                loader.append(
                    "person_key",
                    &["nik_index", "person_id", "family_id"],
                    [Ok(vec![index.into(), 10.into(), 1.into()])],
                )?;
                Ok(())
            },
        )
        .unwrap();
}

fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", dir.path().join("store.db").display())).unwrap();
    let vault = Vault::from_key([9; 32]);
    publish(&store, &vault);
    let policies = Arc::new(Policies::builtin().unwrap());
    let work = Casework::new(store, vault, policies, Arc::new(FixedClock(NOW))).unwrap();
    assert!(seed_demo(&work).unwrap().is_some());
    let signer = Signer::log("test.example/journal", &[1; 32]).unwrap();
    let (folder, key) = (dir.path().join("journal"), signer.verifier());
    let trust = Trust::in_key(key.clone());
    let writer = Writer::open(DirFiles::new(&folder), signer).unwrap();
    let options =
        Options { synthetic: true, demo: true, secure: false, journal: Some((folder, key)) };
    let router = router(Doors::new(work.clone(), options).unwrap());
    House { router, work, writer, trust, _dir: dir }
}

impl House {
    fn ask(&self, request: Request<Body>) -> Response<Body> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(self.router.clone().oneshot(request)).unwrap()
    }

    fn text(&self, request: Request<Body>) -> (StatusCode, String) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let status = response.status();
            let bytes = axum::body::to_bytes(response.into_body(), 10 << 20).await.unwrap();
            (status, String::from_utf8_lossy(&bytes).into_owned())
        })
    }

    fn get(&self, path: &str, cookie: &str) -> (StatusCode, String) {
        self.text(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap())
    }

    fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
        let body = fields
            .iter()
            .map(|(k, v)| format!("{k}={}", v.replace(' ', "+").replace(':', "%3A")))
            .collect::<Vec<_>>()
            .join("&");
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.text(request.body(Body::from(body)).unwrap())
    }

    fn multipart(
        &self,
        path: &str,
        cookie: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> (StatusCode, String) {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend_from_slice(
                format!(
                    "--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                )
                .as_bytes(),
            );
        }
        for (name, file, bytes) in files {
            body.extend_from_slice(format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\n").as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--b--\r\n");
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        self.text(request.body(Body::from(body)).unwrap())
    }

    /// The cookie of a demo account.
    fn sign_in(&self, role: &str) -> String {
        let account =
            self.work.accounts().unwrap().into_iter().find(|a| a.login == role).unwrap().account;
        let request = Request::post("/masuk/demo")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let response = self.ask(request.body(Body::from(format!("akun={account}"))).unwrap());
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        response.headers()[header::SET_COOKIE]
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned()
    }

    fn decide(&self, role: &str, ticket: &str, decision: &str, files: &[(&str, &str, &[u8])]) {
        let fields = [
            ("id", format!("test-{role}-{decision}")),
            ("putusan", decision.to_owned()),
            ("alasan", "Sesuai pemeriksaan di lapangan".to_owned()),
            ("bukti", "minutes".to_owned()),
        ];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let (status, text) =
            self.multipart(&format!("/kerja/{ticket}"), &self.sign_in(role), &fields, files);
        assert_eq!(status, StatusCode::SEE_OTHER, "{decision}: {text}");
    }
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap_or_else(|| panic!("no `{from}` in {text}")) + from.len();
    &text[start..start + text[start..].find(to).unwrap()]
}

const OBJECTION: [(&str, &str); 7] = [
    ("id", "web-test-objection-1"),
    ("nik", NIK),
    ("lahir", "1987-04-23"),
    ("telepon", "081234567890"),
    ("text", "Dinding masih gedek, bukan tembok"),
    ("v.wall_material", "3"),
    ("setuju", "ya"),
];

#[test]
fn portal_report_to_correction_to_verified_receipt() {
    let mut house = house();
    let (status, form) = house.get("/lapor/objection", "");
    assert!(
        status == StatusCode::OK
            && form.contains("name=\"v.wall_material\"")
            && !form.contains("<script")
    );
    let (status, page) = house.multipart("/lapor/objection", "", &OBJECTION, &[]);
    assert_eq!(status, StatusCode::OK, "{page}");
    let ticket = between(&page, "name=\"nomor\" value=\"", "\"").to_owned();
    let word = between(&page, "name=\"kata\" value=\"", "\"").to_owned();
    assert!(ticket.starts_with("KB-5202-2611-"));
    assert!(!page.contains("digabungkan"), "nobody else has said this");
    let (_, again) = house.multipart("/lapor/objection", "", &OBJECTION, &[]);
    assert!(again.contains(&ticket), "sending the form twice has one effect");
    let other = house.multipart(
        "/lapor/objection",
        "",
        &[
            OBJECTION[0],
            OBJECTION[1],
            OBJECTION[2],
            ("text", "Lain sama sekali isinya"),
            OBJECTION[6],
        ],
        &[],
    );
    assert_eq!(other.0, StatusCode::UNPROCESSABLE_ENTITY);

    let operator = house.sign_in("village_operator");
    let (_, list) = house.get("/kerja", &operator);
    assert!(list.contains("Amaq Ripin") && list.contains(&ticket), "{list}");
    let (_, case) = house.get(&format!("/kerja/{ticket}"), &operator);
    assert!(
        case.contains("Yang dipersoalkan")
            && case.contains("Perlu kunjungan rumah")
            && !case.contains(NIK)
    );
    house.decide("village_operator", &ticket, "forward", &[]);
    house.decide("district_officer", &ticket, "accept", &[]);
    let mut lines = Vec::new();
    assert_eq!(house.work.export_corrections(0, &mut lines).unwrap(), 1);

    let (status, status_page) = house.post("/ikuti", "", &[("nomor", &ticket), ("kata", &word)]);
    assert!(status == StatusCode::OK && status_page.contains("Diterima"), "{status_page}");
    let asked = [("nomor", ticket.as_str()), ("kata", word.as_str())];
    assert_eq!(
        house.post("/ikuti/tanda-terima", "", &asked).0,
        StatusCode::UNPROCESSABLE_ENTITY,
        "not signed yet"
    );
    house.work.sequence(&mut house.writer).unwrap();
    let (status, receipt) = house.post("/ikuti/tanda-terima", "", &asked);
    assert_eq!(status, StatusCode::OK);
    let (leaf, _) = verify::receipt(&receipt, &house.trust).unwrap();
    assert_eq!(leaf.about, ticket);
    assert_eq!(
        house.post("/ikuti", "", &[("nomor", &ticket), ("kata", "SALAHSALAH")]).0,
        StatusCode::NOT_FOUND
    );
}

#[test]
fn a_refused_form_keeps_what_was_typed() {
    let house = house();
    let fields = [
        ("nik", "52"),
        ("lahir", "1987-04-23"),
        ("text", "Rumah kami bocor sejak gempa"),
        ("v.wall_material", "99"),
    ];
    let (status, page) =
        house.multipart("/lapor/objection", "", &fields, &[("foto", "x.jpg", b"no picture")]);
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for expected in [
        "NIK harus 16 angka",
        "Rumah kami bocor",
        "tidak ada dalam pilihan",
        "Foto harus JPEG",
        "Centang pernyataan",
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    let wrong =
        [("nik", NIK), ("lahir", "1990-01-01"), ("text", "Rumah kami bocor"), ("setuju", "ya")];
    let (status, page) = house.multipart("/lapor/objection", "", &wrong, &[]);
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("tidak ada bersama"));
}

#[test]
fn village_meeting_with_minutes_to_the_ministry() {
    let house = house();
    let operator = house.sign_in("village_operator");
    let (_, list) = house.get("/kerja?jenis=proposal", &operator);
    let ticket = between(&list, "href=\"/kerja/US-", "\"").to_owned();
    let ticket = format!("US-{ticket}");
    house.decide("village_operator", &ticket, "complete", &[]);
    let (_, sheet) = house.get("/kerja/berita-acara", &operator);
    assert!(sheet.contains(&ticket) && sheet.contains("Kepala desa"));
    let (status, page) = house.multipart(
        &format!("/kerja/{ticket}"),
        &operator,
        &[
            ("id", "test-no-minutes"),
            ("putusan", "eligible"),
            ("alasan", "Layak menurut musyawarah"),
            ("bukti", "minutes"),
        ],
        &[],
    );
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("Berita acara"), "{page}");
    house.decide(
        "village_operator",
        &ticket,
        "eligible",
        &[("berkas", "ba.pdf", b"%PDF-1.7 signed")],
    );
    house.decide("district_officer", &ticket, "finalise", &[]);
    house.decide("regents_office", &ticket, "approve", &[]);
    house.decide("ministry", &ticket, "accept", &[]);
}

#[test]
fn call_centre_from_call_to_ticket_in_one_form() {
    let house = house();
    let agent = house.sign_in("call_agent");
    let (status, page) = house.get("/171", &agent);
    assert!(
        status == StatusCode::OK
            && page.matches("<li><b>").count() == 17
            && page.contains("autofocus")
    );
    let (_, known) =
        house.post("/171", &agent, &[("id", "call-0001"), ("cari", NIK), ("lahir", "1987-04-23")]);
    assert!(known.contains("Amaq Ripin") && known.contains("Kasus sebelumnya"), "{known}");
    // Everything at once: NIK, date, number of the complaint, a few words, Enter.
    let typed = [
        ("id", "call-0002"),
        ("cari", NIK),
        ("lahir", "1987-04-23"),
        ("keluhan", "6"),
        ("text", "cuci darah besok"),
    ];
    let (status, page) = house.post("/171", &agent, &typed);
    assert!(status == StatusCode::OK && page.contains("Tiket RA-5202-2611-"), "{page}");
    let strokes: usize = typed[1..].iter().map(|(_, value)| value.len() + 1).sum();
    assert!(strokes <= 70, "{strokes} key strokes from call to ticket");
    assert_eq!(house.get("/171", &house.sign_in("village_operator")).0, StatusCode::NOT_FOUND);
    assert!(
        house
            .work
            .readers_of(kernel::FamilyId::new(1))
            .unwrap()
            .iter()
            .any(|line| line.what == "call")
    );
}

#[test]
fn files_in_and_out_row_by_row() {
    let house = house();
    let file = format!(
        "id_usulan,nik,tanggal_lahir,jenis,keterangan\nusul0001,{NIK},1987-04-23,proposal,Layak dibantu segera\n\
                        usul0002,123,1987-04-23,proposal,x\nusul0003,{NIK},1990-01-01,proposal,x\n"
    );
    let operator = house.sign_in("village_operator");
    let (status, page) =
        house.multipart("/kerja/unggah", &operator, &[], &[("berkas", "a.csv", file.as_bytes())]);
    assert_eq!(status, StatusCode::OK, "{page}");
    for code in ["NIK_SALAH", "TIDAK_PADAN"] {
        assert!(page.contains(code), "{page}");
    }
    assert!(!page.contains(NIK) && page.contains("<strong>1</strong> dari 3"), "{page}");
    let (_, again) =
        house.multipart("/kerja/unggah", &operator, &[], &[("berkas", "a.csv", file.as_bytes())]);
    assert!(again.contains("SUDAH_ADA"), "{again}");
    let (status, out) = house.get("/kerja/unduh", &operator);
    assert!(status == StatusCode::OK && out.lines().count() > 5 && !out.contains(NIK), "{out}");
}

#[test]
fn pages_are_closed_to_those_who_may_not() {
    let house = house();
    let (_, list) = house.get("/kerja", &house.sign_in("village_operator"));
    let ticket = between(&list, "href=\"/kerja/KB-", "\"").to_owned();
    for role in ["statistician", "administrator", "partner"] {
        let cookie = house.sign_in(role);
        let (unseen, hidden) = house.get(&format!("/kerja/KB-{ticket}"), &cookie);
        let (missing, absent) = house.get("/kerja/KB-0000-0000-0000", &cookie);
        assert_eq!(
            (unseen, hidden),
            (missing, absent),
            "{role}: what may not be seen does not exist"
        );
        assert_eq!(missing, StatusCode::NOT_FOUND);
    }
    let (status, _) = house.get("/kerja", "padan_sesi=AAAA");
    assert_eq!(status, StatusCode::SEE_OTHER);
    let foreign = Request::post("/keluar")
        .header("origin", "https://evil.example")
        .header("host", "padan.example");
    assert_eq!(house.ask(foreign.body(Body::empty()).unwrap()).status(), StatusCode::FORBIDDEN);
    let cookie = house.sign_in("auditor");
    house.post("/keluar", &cookie, &[]);
    assert_eq!(house.get("/kerja", &cookie).0, StatusCode::SEE_OTHER, "revoked at once");
    let headers = house.ask(Request::get("/lapor").body(Body::empty()).unwrap());
    assert!(
        headers.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .contains("default-src 'none'")
    );
    for path in [
        "/lapor",
        "/ikuti",
        "/saluran",
        "/masuk",
        "/lapor/reactivation",
        "/lapor/proposal",
        "/lapor/complaint",
    ] {
        assert_eq!(house.get(path, "").0, StatusCode::OK, "{path}");
    }
    assert_eq!(house.get("/lapor/nothing", "").0, StatusCode::NOT_FOUND);
}
