//! One story per door, through the real router, over a small published edition.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use common::{NIK, between, house};
use journal::verify;

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
