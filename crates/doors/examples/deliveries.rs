//! Drill: webhook deliveries over real sockets, duplicated, out of order, late, truncated, badly
//! signed; then cases are counted against distinct genuine messages.
//! `cargo run --release -p doors --example deliveries -- 100000`
#![allow(clippy::print_stdout, clippy::panic, reason = "a drill talks, and fails loudly")]

use access::Policies;
use casework::Casework;
use channels::whatsapp::signature::{AppSecret, sign};
use doors::{Doors, Options, WhatsApp, router, work_off};
use kernel::SystemClock;
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store::{Query, Store, StoreError, Vault, params};

const SECRET: &[u8] = b"the secret of a drill";
const VILLAGE: u64 = 5_202_012_001;
/// Deliveries of the timed part, at this many a second.
const TIMED_PER_S: usize = 300;
const TIMED_S: usize = 20;
/// Connections of the part that goes as fast as it can.
const HANDS: usize = 16;

/// A small generator: the drill is the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

struct Delivery {
    body: Vec<u8>,
    signature: String,
    expected: u16,
}

fn body(n: u64, written_s: i64) -> Vec<u8> {
    let answers = format!(
        "{{\\\"kind\\\":\\\"complaint\\\",\\\"text\\\":\\\"kartu tertelan nomor {n}\\\",\\\"village\\\":\\\"{VILLAGE}\\\",\\\"consent\\\":true}}"
    );
    format!(
        "{{\"object\":\"whatsapp_business_account\",\"entry\":[{{\"id\":\"1\",\"changes\":[{{\"field\":\"messages\",\"value\":{{\
         \"messaging_product\":\"whatsapp\",\"contacts\":[{{\"user_id\":\"ID.{n}\"}}],\"messages\":[{{\"id\":\"wamid.{n}\",\
         \"from_user_id\":\"ID.{n}\",\"timestamp\":\"{written_s}\",\"type\":\"interactive\",\"interactive\":{{\"type\":\"nfm_reply\",\
         \"nfm_reply\":{{\"name\":\"flow\",\"body\":\"Sent\",\"response_json\":\"{answers}\"}}}}}}]}}}}]}}]}}"
    )
    .into_bytes()
}

/// Exactly `most` deliveries in the order they come, and how many messages among them are genuine:
/// one in a hundred is cut in half, one in a hundred signed for another body; of the genuine ones a
/// fifth is repeated up to 50 times, a fifth out of order, a tenth was written days ago.
fn deliveries(most: usize, now_s: i64) -> (Vec<Delivery>, u64) {
    let (secret, mut dice) = (AppSecret::new(SECRET), Dice(7));
    let mut all: Vec<(u64, Delivery)> = Vec::with_capacity(most);
    let bad = most / 100;
    let mut n = 0_u64;
    while all.len() < most - 2 * bad {
        n += 1;
        let place = n * 1_000;
        let late = dice.below(10) == 0;
        let written = now_s - if late { 86_400 * (1 + dice.below(6) as i64) } else { 0 };
        let raw = body(n, written);
        let signature = sign(&raw, &secret);
        let good = || Delivery { body: raw.clone(), signature: signature.clone(), expected: 200 };
        let out_of_order = if dice.below(5) == 0 { dice.below(2_000_000) } else { 0 };
        all.push((place + out_of_order, good()));
        let left = most - 2 * bad - all.len();
        if dice.below(5) == 0 {
            for _ in 0..(1 + dice.below(49)).min(left as u64) {
                all.push((place + dice.below(3_000_000), good()));
            }
        }
    }
    for at in 0..2 * bad {
        let other = 1 + dice.below(n);
        let raw = body(other, now_s);
        let signature = sign(&raw, &secret);
        let body =
            if at < bad { raw[..raw.len() / 2].to_vec() } else { body(other + 10_000_000, now_s) };
        all.push((other * 1_000, Delivery { body, signature, expected: 401 }));
    }
    all.sort_by_key(|(place, _)| *place);
    (all.into_iter().map(|(_, delivery)| delivery).collect(), n)
}

/// Sends on a connection that is kept; gives the status.
fn send(stream: &mut TcpStream, delivery: &Delivery) -> std::io::Result<u16> {
    let head = format!(
        "POST /whatsapp/webhook HTTP/1.1\r\nHost: drill\r\nX-Hub-Signature-256: {}\r\nContent-Length: {}\r\n\r\n",
        delivery.signature,
        delivery.body.len()
    );
    stream.write_all(&[head.as_bytes(), &delivery.body].concat())?;
    let (mut answer, mut part) = (Vec::new(), [0; 1_024]);
    while !answer.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut part)? {
            0 => return Ok(0),
            read => answer.extend_from_slice(&part[..read]),
        }
    }
    let text = String::from_utf8_lossy(&answer);
    Ok(text.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0))
}

fn main() -> Result<(), Box<dyn Error>> {
    let most: usize = std::env::args().nth(1).map_or(Ok(100_000), |n| n.parse())?;
    let dir = tempfile::tempdir()?;
    let store = Store::open(&format!("sqlite:{}", dir.path().join("store.db").display()))?;
    let policies = Arc::new(Policies::builtin()?);
    let work = Casework::new(store, Vault::from_key([3; 32]), policies, Arc::new(SystemClock))?;
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let options = Options { synthetic: true, demo: false, secure: false, journal: None };
    let doors = Doors::new(work.clone(), options)?
        .with_whatsapp(WhatsApp::simulated(&address.to_string(), SECRET));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let app = router(doors.clone());
    runtime.spawn(async move {
        if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
            let _ = axum::serve(listener, app).await;
        }
    });
    let (all, genuine) = deliveries(most, work.now_ms() / 1_000);
    println!("{} deliveries, {genuine} distinct genuine messages", all.len());
    // The worker runs beside, as it does in the server.
    let stop = Arc::new(AtomicBool::new(false));
    let (working, flag) = (doors.clone(), Arc::clone(&stop));
    let worker = std::thread::spawn(move || {
        while !flag.load(Ordering::Relaxed) {
            if work_off(&working).unwrap_or_else(|e| panic!("{e}")) == 0 {
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    });
    let timed = (TIMED_PER_S * TIMED_S).min(all.len() / 4);
    let wrong = Arc::new(AtomicU64::new(0));
    let all = Arc::new(all);
    let began = Instant::now();
    let mut acks = paced(&all, timed, address, &wrong)?;
    let paced_s = began.elapsed().as_secs_f64();
    acks.sort();
    let at = |share: f64| acks[((acks.len() - 1) as f64 * share) as usize];
    println!(
        "{timed} at {:.0}/s: ack p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms",
        timed as f64 / paced_s,
        at(0.5).as_secs_f64() * 1e3,
        at(0.99).as_secs_f64() * 1e3,
        at(1.0).as_secs_f64() * 1e3
    );
    let began = Instant::now();
    rest(&all, timed, address, &wrong)?;
    println!(
        "the other {} as fast as they go: {:.1} s",
        all.len() - timed,
        began.elapsed().as_secs_f64()
    );
    stop.store(true, Ordering::Relaxed);
    worker.join().map_err(|_| "the worker panicked")?;
    work_off(&doors)?;
    println!("worked off {:.1} s after the last delivery began", began.elapsed().as_secs_f64());
    runtime.shutdown_background();
    compare(&work, genuine, wrong.load(Ordering::Relaxed))
}

/// Cases against distinct genuine messages: exactly as many, or the drill fails.
fn compare(work: &Casework, genuine: u64, wrong: u64) -> Result<(), Box<dyn Error>> {
    let count = |sql: &str| -> Result<u64, StoreError> {
        work.store().read(|r| r.query_one(sql, params![]))?.get("n")
    };
    let cases = count("SELECT COUNT(*) AS n FROM work_case")?;
    let reports = count("SELECT COUNT(*) AS n FROM report")?;
    let failed = count("SELECT COUNT(*) AS n FROM wa_event WHERE state <> 'done'")?;
    println!("cases {cases}, reports {reports}, events not done {failed}, wrong statuses {wrong}");
    if (cases, reports, failed, wrong) == (genuine, genuine, 0, 0) {
        println!("cases = distinct genuine messages");
        return Ok(());
    }
    Err(format!("{genuine} genuine messages gave {cases} cases").into())
}

/// The rest, as fast as it goes.
fn rest(
    all: &Arc<Vec<Delivery>>,
    timed: usize,
    address: std::net::SocketAddr,
    wrong: &Arc<AtomicU64>,
) -> Result<(), Box<dyn Error>> {
    let next = Arc::new(AtomicU64::new(timed as u64));
    let hands: Vec<_> = (0..HANDS)
        .map(|_| {
            let (all, next, wrong) = (Arc::clone(all), Arc::clone(&next), Arc::clone(wrong));
            std::thread::spawn(move || -> std::io::Result<()> {
                let mut stream = TcpStream::connect(address)?;
                stream.set_read_timeout(Some(Duration::from_secs(30)))?;
                while let Some(delivery) = all.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    if send(&mut stream, delivery)? != delivery.expected {
                        wrong.fetch_add(1, Ordering::Relaxed);
                        stream = TcpStream::connect(address)?;
                    }
                }
                Ok(())
            })
        })
        .collect();
    for hand in hands {
        hand.join().map_err(|_| "a sender panicked")??;
    }
    Ok(())
}

/// The timed part: each delivery at its moment, on whichever connection is free.
fn paced(
    all: &Arc<Vec<Delivery>>,
    timed: usize,
    address: std::net::SocketAddr,
    wrong: &Arc<AtomicU64>,
) -> Result<Vec<Duration>, Box<dyn Error>> {
    let (next, began) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let hands: Vec<_> = (0..HANDS)
        .map(|_| {
            let (all, next, wrong) = (Arc::clone(all), Arc::clone(&next), Arc::clone(wrong));
            std::thread::spawn(move || -> std::io::Result<Vec<Duration>> {
                let mut stream = TcpStream::connect(address)?;
                stream.set_read_timeout(Some(Duration::from_secs(30)))?;
                let mut acks = Vec::new();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed) as usize;
                    if at >= timed {
                        return Ok(acks);
                    }
                    let due = began + Duration::from_secs_f64(at as f64 / TIMED_PER_S as f64);
                    std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    let status = send(&mut stream, &all[at])?;
                    // From the moment it was due: waiting for a free connection counts.
                    acks.push(due.elapsed());
                    if status != all[at].expected {
                        wrong.fetch_add(1, Ordering::Relaxed);
                        stream = TcpStream::connect(address)?;
                    }
                }
            })
        })
        .collect();
    let mut acks = Vec::new();
    for hand in hands {
        acks.extend(hand.join().map_err(|_| "a sender panicked")??);
    }
    Ok(acks)
}
