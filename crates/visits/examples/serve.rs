//! A small town to look at and to drive: `cargo run --release -p visits --example serve -- DIR FAMILIES PORT`.
//! Prints the address, then a line per assistant's phone: `phone <token>`; with `seed` as a further
//! argument visits of the demo are made; with `still` no form is worked off.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a tool for tests and drills"
)]

#[path = "../tests/town/mod.rs"]
#[allow(dead_code, reason = "each test uses a part of the town")]
mod town;

use axum::routing::get;
use kernel::SystemClock;
use std::sync::Arc;
use store::{Query, Store, StoreError, Vault};

/// What the store holds, for the drills to compare with what they sent.
fn count(work: &casework::Casework) -> String {
    let number = |sql: &str| -> u64 {
        let row = work.store().read::<_, StoreError>(|reader| reader.query_one(sql, &[]));
        row.unwrap().get("n").unwrap()
    };
    format!(
        r#"{{"forms":{},"distinct":{},"photos":{},"conflicts":{},"reports":{},"filed":{},"done":{},"seeded":{},"seeded_photos":{}}}"#,
        number("SELECT COUNT(*) AS n FROM field_submission"),
        number("SELECT COUNT(DISTINCT instance_id) AS n FROM field_submission"),
        number("SELECT COUNT(*) AS n FROM field_attachment"),
        number("SELECT COUNT(*) AS n FROM field_conflict"),
        number("SELECT COUNT(*) AS n FROM report WHERE channel = 'ground'"),
        number(
            "SELECT COUNT(DISTINCT instance_id) AS n FROM field_submission WHERE ticket IS NOT NULL"
        ),
        number(
            "SELECT COUNT(*) AS n FROM field_submission WHERE state NOT IN ('parts', 'waiting', 'ready')"
        ),
        number("SELECT COUNT(*) AS n FROM field_submission WHERE instance_id LIKE 'uuid:demo-%'"),
        number("SELECT COUNT(*) AS n FROM field_attachment WHERE instance_id LIKE 'uuid:demo-%'"),
    )
}

const STYLE: &str = include_str!("../../doors/assets/pintu.css");
const FONT: &[u8] = include_bytes!("../../web/assets/jakarta.woff2");

fn main() {
    let mut arguments = std::env::args().skip(1);
    let dir = std::path::PathBuf::from(arguments.next().unwrap_or_else(|| "look".to_owned()));
    let families: u64 = arguments.next().map_or(150, |n| n.parse().unwrap());
    let port: u16 = arguments.next().map_or(18_580, |n| n.parse().unwrap());
    let words: Vec<String> = arguments.collect();
    let seed = words.iter().any(|word| word == "seed");
    std::fs::create_dir_all(&dir).unwrap();
    let store = Store::open(&format!("sqlite:{}", dir.join("store.db").display())).unwrap();
    let vault = Vault::open_or_create(&dir.join("store.db.keys")).unwrap();
    if store.current_edition().unwrap().is_none() {
        town::publish(&store, &vault, families);
    }
    let town = town::open(store, vault, Arc::new(SystemClock));
    town.campaign("example-campaign");
    if seed {
        println!("{} visits made", visits::seed_results(&town.visits).unwrap());
    }
    for at in [1, 2] {
        println!("phone {}", town.phone(at));
    }
    for at in 0..3 {
        println!("cookie {}", town.cookie(at));
    }
    let field = town.visits.field().clone();
    // `still`: forms are taken but not worked off, to measure taking alone.
    if words.iter().all(|word| word != "still") {
        std::thread::spawn(move || visits::run_jobs(&field, || false));
    }
    let style = get(|| async { ([("content-type", "text/css; charset=utf-8")], STYLE) });
    let font = get(|| async { ([("content-type", "font/woff2")], FONT) });
    let counted = town.work.clone();
    let counts = get(move || async move { count(&counted) });
    let router = visits::router(town.visits.clone())
        .route("/uji/jumlah", counts)
        .route("/aset/pintu.css", style)
        .route("/aset/jakarta.woff2", font);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        println!("listening on http://{}/", listener.local_addr().unwrap());
        axum::serve(listener, router).await.unwrap();
    });
}
