//! The citizen's own page and one's own account, through the real router.
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

const WHO: [(&str, &str); 2] = [("nik", NIK), ("lahir", "1987-04-23")];

/// The code in the newest message of the demo.
fn code(house: &House) -> String {
    let (_, page) = house.get("/simulasi/pesan", "");
    assert!(!page.contains(NIK));
    between(&page, "kode Anda ", ".").to_owned()
}

/// Answers with the cookie of the session that the code opens.
fn enter(house: &House, handle: &str, code: &str) -> (StatusCode, String, String) {
    let request = Request::post("/warga/kode")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let body = Body::from(format!("tanya={handle}&kode={code}"));
    let response = house.ask(request.body(body).unwrap());
    let text = |name| {
        let value = response.headers().get(name).map_or("", |value| value.to_str().unwrap());
        value.split(';').next().unwrap().to_owned()
    };
    (response.status(), text(header::LOCATION), text(header::SET_COOKIE))
}

#[test]
fn a_code_opens_the_own_family_and_shows_who_read() {
    let house = house();
    let operator = house.sign_in("village_operator");
    let phone = [WHO[0], WHO[1], ("telepon", "081234567890")];
    let (status, page) = house.post("/warga/telepon", &operator, &phone);
    assert!(status == StatusCode::OK && page.contains("Nomor telepon dicatat"), "{page}");
    let citizen = house.sign_in("citizen");
    assert_eq!(house.get("/warga/telepon", &citizen).0, StatusCode::NOT_FOUND);
    assert_eq!(house.get("/warga/telepon", &house.sign_in("auditor")).0, StatusCode::NOT_FOUND);

    let (status, page) = house.post("/warga", "", &WHO);
    assert!(status == StatusCode::OK && !page.contains("<script"), "{page}");
    let handle = between(&page, "name=\"tanya\" value=\"", "\"").to_owned();
    let right = code(&house);
    let wrong = if right == "000000" { "111111" } else { "000000" };
    assert_eq!(enter(&house, &handle, wrong).0, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, to, cookie) = enter(&house, &handle, &right);
    assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/warga"));
    let (status, own) = house.get("/warga", &cookie);
    assert_eq!(status, StatusCode::OK);
    assert!(own.contains("Amaq Ripin") && own.contains("mencatat nomor telepon"), "{own}");
    assert!(own.contains("mengerjakan laporan") && !own.contains(NIK), "why, and no NIK: {own}");
    let (_, english) = house.get("/en/warga", &cookie);
    assert!(english.contains("Who read your data") && english.contains("working on a report"));
    assert_eq!(
        house.get("/kerja", &cookie).0,
        StatusCode::OK,
        "a list, with nothing of others in it"
    );
}

#[test]
fn somebody_unknown_is_answered_like_everybody() {
    let house = house();
    let page_of = |nik: &str| {
        let (status, page) = house.post("/warga", "", &[("nik", nik), WHO[1]]);
        let handle = between(&page, "name=\"tanya\" value=\"", "\"").to_owned();
        (status, page.replace(&handle, "…"))
    };
    let (known, unknown) = (page_of(NIK), page_of("5202016304870003"));
    assert_eq!(known, unknown);
    assert_eq!(known.0, StatusCode::OK);
    for _ in 0..2 {
        page_of(NIK);
    }
    assert_eq!(house.post("/warga", "", &WHO).0, StatusCode::TOO_MANY_REQUESTS);
}

#[test]
fn one_sees_and_ends_ones_own_sessions() {
    let house = house();
    let (one, two) = (house.sign_in("district_officer"), house.sign_in("district_officer"));
    let (status, page) = house.get("/akun", &one);
    assert!(status == StatusCode::OK && page.contains("sesi ini"), "{page}");
    assert!(page.contains("satu klik (peragaan)") && page.contains("dianggap kuat"));
    let mark = between(&page, "name=\"sesi\" value=\"", "\"").to_owned();
    assert_eq!(house.post("/akun/sesi", &one, &[("sesi", &mark)]).0, StatusCode::SEE_OTHER);
    assert_eq!(house.get("/kerja", &two).0, StatusCode::SEE_OTHER, "ended with the next request");
    let three = house.sign_in("district_officer");
    assert_eq!(house.post("/akun/sesi", &one, &[]).0, StatusCode::SEE_OTHER);
    for cookie in [&one, &three] {
        assert_eq!(house.get("/akun", cookie).0, StatusCode::SEE_OTHER);
    }
    let weak = [("lama", "x"), ("baru", "bismillah bismillah")];
    let (status, page) = house.post("/akun/sandi", &house.sign_in("province"), &weak);
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("paling sedikit 15 huruf"));
}
