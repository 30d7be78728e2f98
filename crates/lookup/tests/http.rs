//! An index asked over HTTP: what is added is found, also after a restart; wrong requests change
//! nothing and tell no values.

#![expect(clippy::unwrap_used, reason = "a test that fails may stop")]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use linkage::Index;
use linkage::spec::Spec;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use tower::ServiceExt;

const SETTINGS: &str = r#"
mode = "dedupe"
[[input]]
name = "people"
path = "people.csv"
id = "id"
[[block]]
keys = ["name"]
[[block]]
keys = ["number"]
[[compare]]
column = "name"
method = "name"
[[compare]]
column = "number"
method = "damerau_levenshtein"
[[compare]]
column = "born"
method = "date"
"#;

/// An index of 300 people, every third of them twice, made by the command's own way.
fn made(folder: &Path) -> Index {
    let mut text = "id,name,number,born\n".to_owned();
    for n in 0..300 {
        let line = format!(
            "{}{} {}{},{:07},{}-{:02}-{:02}",
            ["ba", "ri", "su", "wi", "ka"][n % 5],
            ["to", "ni", "ma"][n / 5 % 3],
            ["le", "du", "po", "sa"][n / 15 % 4],
            ["mar", "tin", "yah", "wan", "sih"][n / 60],
            n * 7_919 % 9_999_991,
            1950 + n % 60,
            1 + n % 12,
            1 + n % 28
        );
        writeln!(text, "{n},{line}").unwrap();
        if n % 3 == 0 {
            writeln!(text, "{},{line}", 1000 + n).unwrap();
        }
    }
    std::fs::write(folder.join("people.csv"), text).unwrap();
    std::fs::write(folder.join("people.toml"), SETTINGS).unwrap();
    linkage::index::make(&folder.join("people.toml"), &folder.join("index"), None).unwrap();
    Index::open(&folder.join("index")).unwrap()
}

async fn ask(router: &Router, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = Request::post(path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let answer = router.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn what_is_added_is_found_and_stays() {
    assert!(Spec::parse(SETTINGS, "settings", Path::new("")).is_ok());
    let folder = tempfile::tempdir().unwrap();
    let router = router_of(&folder);
    let ani = json!({"name": "ani zubaidah", "number": "8800123", "born": "1971-05-06"});
    let (status, none) = ask(&router, "/find", &json!({"records": [ani]})).await;
    assert_eq!((status, none["found"][0].as_array().unwrap().len()), (StatusCode::OK, 0));

    let mut first = ani.clone();
    first["id"] = json!(1);
    let mut again = ani.clone();
    again["id"] = json!("2");
    let body = json!({"source": "desk", "records": [first, again]});
    let (status, added) = ask(&router, "/add", &body).await;
    assert_eq!(status, StatusCode::OK, "{added}");
    let person = added["persons"][0].clone();
    assert_eq!(added["persons"][1], person);

    let (status, wrong) = ask(&router, "/add", &body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(wrong["error"].as_str().unwrap().contains("record 1 has an `id`"));

    drop(router);
    let index = Index::open(&folder.path().join("index")).unwrap();
    assert_eq!(index.len(), 402);
    let router = lookup::router(index);
    let slip = json!({"name": "ani zubaida", "number": "8800123", "born": "1971-05-06"});
    let (_, found) = ask(&router, "/find", &json!({"records": [slip]})).await;
    assert_eq!(found["found"][0][0]["person"], person);
    assert_eq!(found["found"][0][0]["levels"]["number"], 3);
}

fn router_of(folder: &tempfile::TempDir) -> Router {
    lookup::router(made(folder.path()))
}

#[tokio::test]
async fn a_wrong_request_is_told_without_its_values() {
    let folder = tempfile::tempdir().unwrap();
    let router = router_of(&folder);
    for (path, body, told) in [
        ("/find", json!({"records": [{"nama": "rahasia"}]}), "its columns are: "),
        ("/find", json!({"records": [{"name": ["rahasia"]}]}), "neither a text nor a number"),
        ("/add", json!({"source": "desk", "records": [{"name": "rahasia"}]}), "has no `id`"),
        ("/add", json!({"records": "rahasia"}), "not as expected"),
    ] {
        let (status, answer) = ask(&router, path, &body).await;
        let why = answer["error"].as_str().unwrap();
        assert!(status.is_client_error() && why.contains(told), "{why}");
        assert!(!why.contains("rahasia"));
    }
}

#[tokio::test]
async fn other_machines_are_not_served() {
    let folder = tempfile::tempdir().unwrap();
    let index = made(folder.path());
    let refused = lookup::serve(index, "0.0.0.0:0".parse().unwrap(), |_| {}).await;
    assert!(refused.unwrap_err().to_string().contains("this machine only"));
}
