//! `padan serve` killed again and again under load: ready again within five seconds, nothing that
//! was acknowledged is lost, nothing has two effects.
//! `PADAN_KILLS=300 cargo test --release -p padan --test drills killed -- --nocapture`.

use crate::http::{Body, send};
use crate::place::{Place, Server, Somebody, number};
use kernel::Chance;
use serde_json::json;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use store::{Query, StoreError, params};

const READY_MAX: Duration = Duration::from_secs(5);
const SENDERS: u64 = 3;

/// What the senders know.
#[derive(Default)]
struct Sent {
    next: AtomicU64,
    /// Ids that were answered as taken.
    acked: BTreeSet<String>,
    /// Ids whose answer did not come: sent again, with the same id.
    unsure: Vec<String>,
}

/// Sends one proposal; true when it was answered as taken.
fn propose(address: SocketAddr, bearer: &str, people: &[Somebody], id: &str) -> bool {
    let at = id.bytes().fold(0_u64, |sum, b| kernel::chance::mix(sum ^ u64::from(b))) as usize;
    let one = &people[at % people.len()];
    let line = json!({"id_usulan": id, "nik": one.nik, "tanggal_lahir": one.born, "jenis": "update",
        "keterangan": "Lantai rumah masih tanah", "perubahan": "floor_material=8"});
    let body = Body::json(&json!({"usulan": [line]}));
    let answer = send(address, "POST", "/api/usulan", &[("authorization", bearer)], &body);
    let Ok(answer) = answer else { return false };
    if answer.status == 503 {
        return false;
    }
    assert_eq!(answer.status, 200, "{}", answer.text());
    let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(said["hasil"][0]["diterima"], true, "{id}: {said}");
    true
}

/// Sends until told to stop, or the server is gone.
fn load(
    address: SocketAddr,
    bearer: &str,
    people: &[Somebody],
    stop: &AtomicBool,
    next: &AtomicU64,
    again: Vec<String>,
) -> (Vec<String>, Vec<String>) {
    let (mut acked, mut unsure) = (Vec::new(), Vec::new());
    let mut again = again.into_iter();
    while !stop.load(Ordering::Relaxed) {
        let id = again
            .next()
            .unwrap_or_else(|| format!("kill-{:08}", next.fetch_add(1, Ordering::Relaxed)));
        if propose(address, bearer, people, &id) {
            acked.push(id);
        } else {
            unsure.push(id);
            break;
        }
    }
    unsure.extend(again);
    (acked, unsure)
}

/// One life of the server: how long until it was ready, if it lived that long.
fn one_life(place: &Place, sent: &mut Sent, chance: &mut Chance, early: bool) -> Option<Duration> {
    let mut server = Server::start(place, &[]);
    if early {
        // Killed while it starts.
        std::thread::sleep(Duration::from_millis(chance.below(60)));
        return None;
    }
    let took = server.ready(READY_MAX);
    let (people, bearer) = (place.villagers(), place.bearer("village_operator"));
    let stop = AtomicBool::new(false);
    let address = server.address;
    let mut parts = vec![Vec::new(); SENDERS as usize];
    for (at, id) in std::mem::take(&mut sent.unsure).into_iter().enumerate() {
        parts[at % SENDERS as usize].push(id);
    }
    let next = &sent.next;
    let heard = std::thread::scope(|scope| {
        let senders: Vec<_> = parts
            .into_iter()
            .map(|again| {
                let (people, bearer, stop) = (&people, &bearer, &stop);
                scope.spawn(move || load(address, bearer, people, stop, next, again))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(20 + chance.below(400)));
        drop(server);
        stop.store(true, Ordering::Relaxed);
        senders.into_iter().map(|sender| sender.join().unwrap()).collect::<Vec<_>>()
    });
    for (acked, unsure) in heard {
        sent.acked.extend(acked);
        sent.unsure.extend(unsure);
    }
    Some(took)
}

/// Everything acknowledged is there, everything there has one effect.
fn check(place: &Place, sent: &Sent) {
    let work = place.work();
    let sql = "SELECT report_id FROM report WHERE report_id LIKE '%-kill-%'";
    let there: Vec<String> = work
        .store()
        .read::<_, StoreError>(|reader| {
            let rows = reader.query(sql, params![])?;
            rows.iter().map(|row| row.get::<String>("report_id")).collect()
        })
        .unwrap();
    let once: BTreeSet<String> =
        there.iter().filter_map(|id| id.find("kill-").map(|at| id[at..].to_owned())).collect();
    assert_eq!(once, sent.acked, "reports are not exactly those acknowledged");
    assert_eq!(once.len(), there.len(), "a report is there twice");
    // One event and one leaf for each report, one answer kept, and each case as its history says.
    let events = "SELECT COUNT(*) AS n FROM case_event WHERE kind IN ('report', 'report_joined')";
    assert_eq!(number(&work, events), number(&work, "SELECT COUNT(*) AS n FROM report"));
    for sql in [
        "SELECT COUNT(*) - COALESCE(MAX(seq) + 1, 0) AS n FROM journal_leaf",
        "SELECT COUNT(*) AS n FROM case_event e LEFT JOIN journal_leaf l ON l.seq = e.seq WHERE l.seq IS NULL",
        "SELECT COUNT(*) AS n FROM work_case w WHERE w.events <> (SELECT COUNT(*) FROM case_event e WHERE e.case_id = w.case_id)",
    ] {
        assert_eq!(number(&work, sql), 0, "{sql}");
    }
    let key = std::fs::read_to_string(place.path().join("padan.db.vkey")).unwrap();
    let trust = journal::verify::Trust::in_key(journal::VerifierKey::parse(key.trim()).unwrap());
    let verified = journal::verify::folder(&place.path().join("padan.db.journal"), &trust).unwrap();
    assert_eq!((verified.checkpoint.size, verified.checkpoint.root), work.journal_root().unwrap());
}

#[test]
fn killed_under_load_it_is_ready_in_seconds_and_nothing_acknowledged_is_lost() {
    let kills: u64 = std::env::var("PADAN_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let place = Place::new(400);
    let (mut sent, mut chance) = (Sent::default(), Chance::new(7));
    let mut took = Vec::new();
    for kill in 0..kills {
        took.extend(one_life(&place, &mut sent, &mut chance, kill % 6 == 5));
    }
    // The last life ends in peace: all that was unsure is sent again, the journal catches up.
    let mut server = Server::start(&place, &[]);
    took.push(server.ready(READY_MAX));
    let (people, bearer) = (place.villagers(), place.bearer("village_operator"));
    for id in std::mem::take(&mut sent.unsure) {
        assert!(propose(server.address, &bearer, &people, &id), "{id} was not taken in peace");
        sent.acked.insert(id);
    }
    std::thread::sleep(Duration::from_millis(2_500));
    drop(server);
    check(&place, &sent);
    let slowest = took.iter().max().unwrap();
    println!(
        "{kills} kills: {} reports acknowledged, 0 lost, 0 doubled; ready again in at most {:.2} s",
        sent.acked.len(),
        slowest.as_secs_f64()
    );
    assert!(sent.acked.len() as u64 > kills, "the senders hardly got through");
}
