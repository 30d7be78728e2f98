//! Files, the API, printed lists and the English pages, through the real router.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use common::{House, NIK, between, house};
use serde_json::{Value, json};

fn api(house: &House, method: &str, path: &str, token: &str, body: &Value) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json");
    let (status, text) = house.text(request.body(Body::from(body.to_string())).unwrap());
    (status, serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path}: {text}")))
}

fn proposal(id: &str, nik: &str, born: &str) -> Value {
    json!({"id_usulan": id, "nik": nik, "tanggal_lahir": born, "jenis": "update",
           "keterangan": "Rumah rusak sejak gempa", "perubahan": "wall_material=6"})
}

#[test]
fn proposals_by_api_have_a_code_each_and_one_effect() {
    let house = house();
    let cookie = house.sign_in("village_operator");
    let token = cookie.strip_prefix("padan_sesi=").unwrap();
    let body = json!({"usulan": [
        proposal("usul-0001", NIK, "1987-04-23"),
        proposal("usul-0002", "123", "1987-04-23"),
        proposal("usul-0003", NIK, "someday"),
        {"id_usulan": "usul-0004", "nik": NIK, "tanggal_lahir": "1987-04-23", "perubahan": "wall_material=99"},
    ]});
    let codes = |answer: &Value| -> Vec<String> {
        let results = answer["hasil"].as_array().unwrap().iter();
        results.map(|one| one["kode"].as_str().unwrap().to_owned()).collect()
    };
    let (status, answer) = api(&house, "POST", "/api/usulan", token, &body);
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(codes(&answer), ["DITERIMA", "NIK_SALAH", "TANGGAL_SALAH", "NILAI_SALAH"]);
    let (_, again) = api(&house, "POST", "/api/usulan", token, &body);
    assert_eq!(codes(&again)[0], "SUDAH_ADA");
    assert!(!answer.to_string().contains(NIK));
    let (status, list) = api(&house, "GET", "/api/kasus", token, &Value::Null);
    let ticket = &answer["hasil"][0]["keterangan"];
    let cases = list["kasus"].as_array().unwrap();
    assert!(
        status == StatusCode::OK && cases.iter().any(|case| case["nomor"] == *ticket),
        "{list}"
    );
}

#[test]
fn the_api_answers_every_mistake_with_a_problem() {
    let house = house();
    let cookie = house.sign_in("village_operator");
    let token = cookie.strip_prefix("padan_sesi=").unwrap();
    let check = |method: &str, path: &str, token: &str, body: &Value, expected: u16| {
        let (status, answer) = api(&house, method, path, token, body);
        assert_eq!(status.as_u16(), expected, "{method} {path}: {answer}");
        assert_eq!(answer["status"], expected);
    };
    check("GET", "/api/kasus", "", &Value::Null, 401);
    check("GET", "/api/kasus", &"A".repeat(43), &Value::Null, 401);
    check("POST", "/api/usulan", "", &json!({"usulan": []}), 401);
    check("GET", "/api/kasus?keranjang=semua", token, &Value::Null, 422);
    check("GET", "/api/kasus?mulai=-1", token, &Value::Null, 422);
    check("POST", "/api/usulan", token, &json!({"usulan": 3}), 422);
    check("POST", "/api/usulan", token, &json!({"usulan": [{"nik": NIK, "secret": 1}]}), 422);
    let (status, document) = house.get("/api/kerja/openapi.json", "");
    let document: Value = serde_json::from_str(&document).unwrap();
    assert!(status == StatusCode::OK && document["paths"]["/api/usulan"]["post"].is_object());
}

#[test]
fn results_and_lists_as_files_to_keep() {
    let house = house();
    let operator = house.sign_in("village_operator");
    let file = format!(
        "id_usulan,nik,tanggal_lahir,jenis,keterangan,perubahan\n\
         usul0001,{NIK},1987-04-23,update,Rumah rusak,wall_material=6;roof_material=5\n"
    );
    let send = |fields: &[(&str, &str)]| {
        house.multipart("/kerja/unggah", &operator, fields, &[("berkas", "a.csv", file.as_bytes())])
    };
    let (status, result) = send(&[("hasil", "csv")]);
    assert!(
        status == StatusCode::OK && result.starts_with("baris,kode,keterangan\n2,DITERIMA,PB-"),
        "{result}"
    );
    let (status, book) = send(&[("hasil", "xlsx")]);
    assert!(status == StatusCode::OK && book.starts_with("PK"));
    assert!(house.get("/kerja/unduh?bentuk=xlsx", &operator).1.starts_with("PK"));
    let (status, list) = house.get("/kerja/daftar-musyawarah.pdf", &operator);
    assert!(
        status == StatusCode::OK && list.starts_with("%PDF-1.7") && list.contains("(Kepala desa)")
    );
    let (_, annex) = house.get("/kerja/lampiran.pdf", &house.sign_in("regents_office"));
    assert!(annex.contains("(Bupati / Wali Kota)") && annex.trim_end().ends_with("%%EOF"));
    assert!(!annex.contains(NIK) && !list.contains(NIK));
}

/// Words that stand in Indonesian sentences only.
const TELLTALE: [&str; 14] = [
    " yang ", " dan ", " tidak ", " untuk ", " dengan ", "laporan", "Laporan", " desa ",
    "keluarga", " paling ", " belum ", " sudah ", "Nomor", "Langkah",
];

/// Texts of a page that are not English, but for what people said and who they are.
fn untranslated(page: &str) -> Vec<String> {
    let start = page.find("<body").unwrap();
    let mut rest = &page[start..];
    let mut found = Vec::new();
    while let Some(open) = rest.find('<') {
        let text = rest[..open].trim();
        if TELLTALE.iter().any(|word| format!(" {text} ").contains(word)) {
            found.push(text.to_owned());
        }
        let quoted = rest[open..].starts_with("<p class=\"kutip\"");
        let close = if quoted { "</p>" } else { ">" };
        let end = rest[open..].find(close).map_or(rest.len(), |at| open + at + close.len());
        rest = &rest[end..];
    }
    found
}

#[test]
fn every_page_speaks_english_under_en() {
    let house = house();
    let operator = house.sign_in("village_operator");
    let (_, list) = house.get("/kerja", &operator);
    let ticket = format!("KB-{}", between(&list, "href=\"/kerja/KB-", "\""));
    let agent = house.sign_in("call_agent");
    let mut pages = Vec::new();
    for path in [
        "/lapor",
        "/ikuti",
        "/saluran",
        "/masuk",
        "/lapor/objection",
        "/lapor/reactivation",
        "/lapor/proposal",
        "/lapor/complaint",
    ] {
        pages.push((path.to_owned(), house.get(&format!("/en{path}"), "").1));
    }
    for path in ["/kerja", "/kerja/berita-acara", "/kerja/unggah", &format!("/kerja/{ticket}")] {
        pages.push((path.to_owned(), house.get(&format!("/en{path}"), &operator).1));
    }
    pages.push(("/171".to_owned(), house.get("/en/171", &agent).1));
    let refused =
        house.multipart("/en/lapor/objection", "", &[("nik", "52"), ("text", "pendek")], &[]);
    assert_eq!(refused.0, StatusCode::UNPROCESSABLE_ENTITY);
    pages.push(("a refused form".to_owned(), refused.1));
    let mut wrong = Vec::new();
    for (path, page) in &pages {
        assert!(page.contains("<html lang=\"en\">"), "{path}: {page}");
        assert!(page.contains(">Bahasa Indonesia<"), "{path}");
        wrong.extend(untranslated(page).into_iter().map(|text| format!("{path}: {text}")));
    }
    assert!(wrong.is_empty(), "messages/en.toml lacks\n{}", wrong.join("\n"));
    let (_, indonesian) = house.get("/lapor", "");
    assert!(indonesian.contains("href=\"/en/lapor\"") && indonesian.contains(">English<"));
    let to = house.ask(Request::get("/en/kerja").body(Body::empty()).unwrap());
    assert_eq!(to.headers()[header::LOCATION], "/en/masuk");
}
