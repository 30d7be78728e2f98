//! The real router in process, over a made-up edition.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use access::{Policies, Role, Territory};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use casework::{Casework, NewAccount};
use kernel::{Date, FamilyId, FixedClock, Region};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use store::{Query, Store, Vault, params};
use tower::ServiceExt;
use web::{App, routes};

struct Site {
    _dir: tempfile::TempDir,
    store: Store,
    vault: Vault,
}

static SITE: LazyLock<Site> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    publish::fixture::write(dir.path(), "2026-4", 1, 3_000).unwrap();
    let store = Store::open(&format!("sqlite:{}", dir.path().join("s.db").display())).unwrap();
    let vault = Vault::from_key([5; 32]);
    publish::publish(dir.path(), &store, &vault, 1_795_336_500_000, &mut |_| ()).unwrap();
    Site { _dir: dir, store, vault }
});

const NOW: i64 = 1_795_336_500_000;

/// The room of cases, with one account per role and reach.
static WORK: LazyLock<Casework> = LazyLock::new(|| {
    let policies = Arc::new(Policies::builtin().unwrap());
    let clock = Arc::new(FixedClock(NOW));
    Casework::new(SITE.store.clone(), SITE.vault.clone(), policies, clock).unwrap()
});

/// A session's cookie.
fn officer(role: Role, territory: Territory, family: Option<u64>) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let login = format!("{role}-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let name = "Petugas".to_owned();
    let family = family.map(FamilyId::new);
    let new = NewAccount { login, name, role, territory, password: None, family, person: None };
    let (token, _) = WORK.begin(WORK.make_account(None, new).unwrap(), true).unwrap();
    format!("padan_sesi={}", token.expose())
}

static MINISTRY: LazyLock<String> =
    LazyLock::new(|| officer(Role::Ministry, Territory::Country, None));

/// A fresh server: limits of one test do not touch another's.
fn site() -> Router {
    let clock = Box::new(FixedClock(NOW));
    let app = App::new(SITE.store.clone(), SITE.vault.clone(), clock, true).unwrap();
    routes::router(app.with_work(WORK.clone()))
}

/// As somebody who is signed in.
async fn get_as(router: &Router, path: &str, cookie: &str) -> (StatusCode, HeaderMap, String) {
    let request = Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap();
    ask(router, [192, 168, 1, 9], request).await
}

async fn ask(
    router: &Router,
    from: [u8; 4],
    request: Request<Body>,
) -> (StatusCode, HeaderMap, String) {
    let mut request = request;
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((from, 1))));
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 10 << 20).await.unwrap();
    (parts.status, parts.headers, String::from_utf8_lossy(&body).into_owned())
}

async fn get(router: &Router, path: &str) -> (StatusCode, HeaderMap, String) {
    get_as(router, path, &MINISTRY).await
}

async fn check(router: &Router, nik: &str, born: Date) -> (StatusCode, HeaderMap, String) {
    let (year, month, day) = born.ymd();
    let body = format!("nik={nik}&hari={day}&bulan={month}&tahun={year}");
    let request = Request::post("/cek")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap();
    ask(router, [127, 0, 0, 1], request).await
}

const PAGES: [&str; 12] = [
    "/",
    "/en/",
    "/?program=pkh",
    "/wilayah/52.01",
    "/wilayah/520102",
    "/cek",
    "/en/cek",
    "/edisi",
    "/edisi/2026-4",
    "/bantuan",
    "/keluarga",
    "/keluarga/1",
];

#[tokio::test]
async fn every_page_answers_and_carries_no_script() {
    let site = site();
    for path in PAGES {
        let (status, headers, html) = get(&site, path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}");
        assert!(!html.contains("<script") && !html.contains(" style=\""), "{path}");
        assert!(html.contains("class=\"contoh\""), "{path}: no banner of synthetic data");
        assert!(html.contains("aria-current") || path.contains("bantuan"), "{path}");
    }
}

#[tokio::test]
async fn no_text_is_left_as_its_key() {
    let site = site();
    for path in PAGES {
        let (_, _, html) = get(&site, path).await;
        for prefix in
            ["dash.", "check.", "result.", "family.", "word.", "cause.", "edition.", "level."]
        {
            let left = html.split(['>', '<', '"']).find(|part| part.trim().starts_with(prefix));
            assert!(left.is_none(), "{path}: {left:?}");
        }
    }
}

#[tokio::test]
async fn a_member_sees_the_family() {
    let site = site();
    let (nik, born) = publish::fixture::somebody();
    let (status, headers, html) = check(&site, &nik.to_string(), born).await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("class=\"prog\"") && html.contains("class=\"data\""));
    assert!(!html.contains(&nik.to_string()), "the page repeats the NIK");
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn a_stranger_and_a_wrong_date_look_the_same() {
    let site = site();
    let (nik, born) = publish::fixture::somebody();
    let wrong_date = check(&site, &nik.to_string(), born.plus_days(1)).await;
    let stranger = check(&site, "5201015503900007", born).await;
    assert_eq!(wrong_date, stranger);
}

#[tokio::test]
async fn malformed_answers_come_back_with_reasons() {
    let site = site();
    let born = Date::from_ymd(1990, 1, 1).unwrap();
    for nik in ["", "123", "520101630487000x", "9999999999999999", "<b>"] {
        let (status, _, html) = check(&site, nik, born).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{nik}");
        assert!(html.contains("aria-invalid") && !html.contains("value=\"<b>"), "{nik}");
    }
}

#[tokio::test]
async fn the_sixth_check_of_a_nik_is_stopped_whether_it_exists_or_not() {
    let (nik, born) = publish::fixture::somebody();
    for nik in [nik.to_string(), "5201015503900007".to_owned()] {
        let site = site();
        for _ in 0..5 {
            assert_eq!(check(&site, &nik, born).await.0, StatusCode::OK);
        }
        assert_eq!(check(&site, &nik, born).await.0, StatusCode::TOO_MANY_REQUESTS);
    }
}

/// Whoever is not signed in is shown the same way to sign in, whatever was asked for.
#[tokio::test]
async fn officers_pages_ask_who_is_there() {
    let site = site();
    for path in ["/keluarga", "/keluarga/1", "/keluarga/99999999", "/simulasi"] {
        for (prefix, to) in [("", "/masuk"), ("/en", "/en/masuk")] {
            let (status, headers, body) = get_as(&site, &format!("{prefix}{path}"), "").await;
            assert_eq!(status, StatusCode::SEE_OTHER, "{path}");
            assert_eq!((headers[header::LOCATION].to_str().unwrap(), body.as_str()), (to, ""));
        }
    }
    let alone = routes::router(
        App::new(SITE.store.clone(), SITE.vault.clone(), Box::new(FixedClock(NOW)), true).unwrap(),
    );
    let (status, _, hidden) = get_as(&alone, "/keluarga/1", "").await;
    let (_, _, missing) = get_as(&alone, "/tidak-ada", "").await;
    assert_eq!((status, hidden), (StatusCode::NOT_FOUND, missing));
}

/// Territory decides; what may not be known of is the same bytes as what is not there.
#[tokio::test]
async fn a_family_is_shown_in_its_territory_only_and_the_reading_is_written_down() {
    let site = site();
    let edition = SITE.store.current_edition().unwrap().unwrap().number;
    let body = |store: &Store| {
        store.read_edition::<_, store::StoreError>(edition, |reader| {
            reader
                .query("SELECT village, family_id FROM village_family ORDER BY village", params![])
        })
    };
    let rows = body(&SITE.store).unwrap();
    let of = |at: usize| -> (u64, u64) {
        (rows[at].get("village").unwrap(), rows[at].get("family_id").unwrap())
    };
    let ((near, family), (far, other)) = (of(0), of(rows.len() - 1));
    assert_ne!(near, far);
    let place = |village| Territory::In(Region::from_number(village).unwrap());
    let operator = officer(Role::VillageOperator, place(near), None);
    assert_eq!(get_as(&site, &format!("/keluarga/{family}"), &operator).await.0, StatusCode::OK);
    let seen = WORK.readers_of(FamilyId::new(family)).unwrap();
    assert_eq!((seen[0].role.as_str(), seen[0].what.as_str()), ("village_operator", "family"));
    let before = WORK.readers_of(FamilyId::new(other)).unwrap().len();
    let hidden = get_as(&site, &format!("/keluarga/{other}"), &operator).await;
    let missing = get_as(&site, "/keluarga/99999999", &operator).await;
    assert_eq!(hidden, missing, "status, headers and body");
    assert_eq!(hidden.0, StatusCode::NOT_FOUND);
    assert_eq!(WORK.readers_of(FamilyId::new(other)).unwrap().len(), before, "nothing was read");
    let citizen = officer(Role::Citizen, Territory::Nowhere, Some(other));
    assert_eq!(get_as(&site, &format!("/keluarga/{other}"), &citizen).await.0, StatusCode::OK);
    assert_eq!(get_as(&site, &format!("/keluarga/{family}"), &citizen).await.0, missing.0);
    assert_eq!(
        WORK.readers_of(FamilyId::new(other)).unwrap().len(),
        before,
        "their own is no entry"
    );
    for (role, path, status) in [
        (Role::Citizen, "/keluarga", 404),
        (Role::Administrator, "/keluarga", 404),
        (Role::Administrator, "/simulasi", 404),
        (Role::Statistician, "/simulasi", 200),
        (Role::Statistician, "/keluarga", 404),
        (Role::RegentsOffice, "/keluarga", 404),
        (Role::CallAgent, "/keluarga", 200),
    ] {
        let cookie = officer(role, Territory::Country, None);
        assert_eq!(get_as(&site, path, &cookie).await.0.as_u16(), status, "{role} {path}");
    }
    let search = |cookie: String, family: u64| {
        let request = Request::post("/keluarga")
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        request.body(Body::from(format!("nik={family}"))).unwrap()
    };
    let found = ask(&site, [10, 0, 0, 1], search(operator.clone(), family)).await;
    assert_eq!(found.0, StatusCode::SEE_OTHER);
    let hidden = ask(&site, [10, 0, 0, 1], search(operator.clone(), other)).await;
    assert_eq!(hidden, ask(&site, [10, 0, 0, 1], search(operator, 99_999_999)).await);
}

#[tokio::test]
async fn unknown_things_are_not_found() {
    let site = site();
    for path in [
        "/x",
        "/wilayah/99.99",
        "/wilayah/x",
        "/edisi/2020-1",
        "/?program=x",
        "/?edisi=x",
        "/keluarga/99999999",
        "/keluarga/x",
        "/unduh/99",
    ] {
        assert_eq!(get(&site, path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn csv_hides_small_cells() {
    let (status, headers, text) = get(&site(), "/unduh/52.01.02").await;
    assert_eq!(status, StatusCode::OK);
    assert!(headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/csv"));
    assert!(text.starts_with("edition,programme") && text.contains(",<5"), "{text}");
}

#[tokio::test]
async fn the_openapi_document_names_every_route() {
    let document: serde_json::Value = serde_json::from_str(web::pages::api::OPENAPI).unwrap();
    let paths: Vec<&str> =
        document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let source = include_str!("../src/routes.rs");
    let routed: Vec<&str> =
        source.split(".route(\"").skip(1).map(|part| part.split('"').next().unwrap()).collect();
    for route in &routed {
        assert!(paths.contains(route), "openapi.json has no {route}");
    }
    assert_eq!(paths.len(), routed.len(), "openapi.json names routes that are not there");
    let site = site();
    let (status, _, body) = get(&site, "/api/openapi.json").await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, web::pages::api::OPENAPI));
}

#[tokio::test]
async fn health_says_what_is_so() {
    let site = site();
    assert_eq!(get(&site, "/healthz").await.2, "ok\n");
    assert_eq!(get(&site, "/readyz").await.2, "ready: edition 2026-4\n");
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", dir.path().join("s.db").display())).unwrap();
    let app = App::new(store, Vault::from_key([1; 32]), Box::new(FixedClock(0)), false).unwrap();
    let empty = routes::router(app);
    assert_eq!(get(&empty, "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
    let (status, headers, _) = get(&empty, "/").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn the_simulator_answers_without_script_and_says_who_moves() {
    let site = site();
    for path in ["/simulasi", "/en/simulasi", "/simulasi?program=pkh", "/simulasi?batas=&kursi=x"] {
        let (status, headers, html) = get(&site, path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{path}");
        let left = html.split(['>', '<', '"']).find(|part| part.trim().starts_with("sim."));
        assert!(left.is_none(), "{path}: {left:?}");
        assert!(html.contains("checked") && html.contains("class=\"angka"), "{path}");
        assert!(!html.contains("Siapa masuk dan keluar"), "{path}: the law moves nobody");
    }
    let (_, _, html) = get(&site, "/simulasi?batas=3&anggaran=100").await;
    assert!(html.contains("Siapa masuk dan keluar"), "a lower cut moves people");
    assert!(html.contains("Rp10") || html.contains("Rp9"), "the budget of 100 million binds");
    let (status, _, _) = get(&site, "/simulasi?program=nothing").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
