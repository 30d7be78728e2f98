//! A village kit from the office to a laptop without network and back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

#[allow(dead_code, reason = "each test uses a part of the town")]
mod town;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use field::{Kit, KitError, KitReturn};
use kernel::{FixedClock, Region};
use std::sync::Arc;
use store::{Store, Vault};
use tower::ServiceExt;
use visits::{Desk, desk_router};

const NOW: i64 = 1_795_341_600_000;
const WORDS: &str = "kuda laut di pantai";

fn ask(router: &Router, request: Request<Body>) -> (StatusCode, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 10 << 20).await.unwrap();
        (status, String::from_utf8_lossy(&bytes).into_owned())
    })
}

fn post(router: &Router, xml: &str) -> (StatusCode, String) {
    let body = format!(
        "--b\r\ncontent-disposition: form-data; name=\"xml_submission_file\"; filename=\"s.xml\"\r\n\r\n{xml}\r\n\
         --b\r\ncontent-disposition: form-data; name=\"a.jpg\"; filename=\"a.jpg\"\r\n\r\nnot a photo\r\n--b--\r\n"
    );
    let request = Request::post("/lapangan/formulir/kirim")
        .header("content-type", "multipart/form-data; boundary=b");
    ask(router, request.body(Body::from(body)).unwrap())
}

#[test]
fn a_village_goes_out_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", dir.path().join("store.db").display())).unwrap();
    let vault = Vault::from_key([9; 32]);
    town::publish(&store, &vault, 90);
    let town = town::open(store, vault, Arc::new(FixedClock(NOW)));
    town.campaign("test-campaign");
    let field = town.visits.field();
    let village = Region::from_number(town::VILLAGES[0].0).unwrap();

    // The office makes it; only key, words and day together open it.
    let kit = field.kit(village, 14, town.visits.version()).unwrap();
    assert!(!kit.families.is_empty());
    let key = field.kit_key();
    let sealed = kit.seal(&key, WORDS).unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("INAQ"));
    let late = NOW + 15 * 86_400_000;
    assert!(matches!(Kit::open(&sealed, &key.public(), WORDS, late), Err(KitError::Expired(_))));
    let opened = Kit::open(&sealed, &key.public(), WORDS, NOW + 1).unwrap();
    assert_eq!(opened, kit);

    // The laptop: the same form, each filled one sealed into a file before its receipt.
    let folder = dir.path().join("filled");
    std::fs::create_dir_all(&folder).unwrap();
    let router = desk_router(Desk::new(opened, WORDS.to_owned(), folder.clone()));
    let (_, data) =
        ask(&router, Request::get("/lapangan/formulir/data").body(Body::empty()).unwrap());
    assert!(data.contains(&kit.families[0].entity));
    let form = |n: usize, entity: &str| {
        format!(
            "<data id=\"groundcheck\" version=\"1\"><visit><family>{entity}</family><result>5</result></visit>\
             <meta><instanceID>uuid:kit-{n:04}</instanceID></meta></data>"
        )
    };
    for (n, family) in kit.families.iter().take(3).enumerate() {
        let (status, receipt) = post(&router, &form(n, &family.entity));
        assert_eq!(status, StatusCode::OK, "{receipt}");
        assert!(receipt.contains(&field::sha256(form(n, &family.entity).as_bytes())));
    }
    assert_eq!(post(&router, &form(9, "somebody else")).0, StatusCode::BAD_REQUEST);

    // Back at the office, twice: three forms, once each.
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 3);
    let take = || {
        let all = files.iter().map(|path| {
            let bytes = std::fs::read(path).unwrap();
            assert!(!String::from_utf8_lossy(&bytes).contains("groundcheck"), "sealed at rest");
            assert_eq!(KitReturn::open(&bytes, "kuda laut di kota"), Err(KitError::Closed));
            field.take_back(&KitReturn::open(&bytes, WORDS).unwrap()).unwrap()
        });
        all.fold((0, 0), |sum, taken| (sum.0 + taken.new, sum.1 + taken.again))
    };
    assert_eq!(take(), (3, 0));
    assert_eq!(take(), (0, 3));
    // What another store sealed is not taken.
    let mut foreign = KitReturn::open(&std::fs::read(&files[0]).unwrap(), WORDS).unwrap();
    foreign.secret = "0".repeat(32);
    assert!(field.take_back(&foreign).is_err());
    assert_eq!(field.work_off(10).unwrap().forms, 3);
}
