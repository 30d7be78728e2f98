//! A mixed load at a fixed rate on the real server (docs: promises R23), on SQLite or a PostgreSQL
//! that it starts itself: publishes an edition, files cases, serves, asks, and prints percentiles.
//!
//! ```sh
//! cargo run --release -p padan --example load -- \
//!     --edition editions/2026-4 --store sqlite --cases 100000 --rate 200 --seconds 60
//! ```
//!
//! Requests leave by the clock, not when the last one was answered, and each is timed from when it
//! should have left: a server that stalls is charged for all who wait. Loopback only.

mod http;
mod mix;
mod place;

use http::Client;
use mix::{Class, Mix};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Connections; enough that one slow answer does not hold the next request back.
const CONNECTIONS: u64 = 128;

type Failure = Box<dyn std::error::Error + Send + Sync>;

struct Options {
    edition: PathBuf,
    store: String,
    cases: u64,
    rate: u64,
    seconds: u64,
    port: u16,
    dir: PathBuf,
}

fn options() -> Result<Options, Failure> {
    let mut words = std::env::args().skip(1);
    let mut options = Options {
        edition: PathBuf::new(),
        store: "sqlite".to_owned(),
        cases: 100_000,
        rate: 200,
        seconds: 60,
        port: 18_660,
        dir: std::env::temp_dir().join("padan-load"),
    };
    while let Some(name) = words.next() {
        let value = words.next().ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--edition" => options.edition = value.into(),
            "--store" => options.store = value,
            "--cases" => options.cases = value.parse()?,
            "--rate" => options.rate = value.parse()?,
            "--seconds" => options.seconds = value.parse()?,
            "--port" => options.port = value.parse()?,
            "--dir" => options.dir = value.into(),
            _ => return Err(format!("unknown: {name}").into()),
        }
    }
    if options.edition.as_os_str().is_empty() {
        return Err("--edition FOLDER: an edition made by `padan build`".into());
    }
    Ok(options)
}

/// One answered request: class, milliseconds from when it should have left, status.
type Sample = (Class, f64, u16);

/// Sends `rate` requests a second for `seconds`.
fn run(address: SocketAddr, mix: &Mix, rate: u64, seconds: u64, salt: u64) -> Vec<Sample> {
    let (next, began) = (AtomicU64::new(0), Instant::now() + Duration::from_millis(50));
    let work = || {
        let (mut client, mut samples) = (Client::new(address), Vec::new());
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= rate * seconds {
                return samples;
            }
            let (class, request) = mix.request(salt + at);
            let due = began + Duration::from_secs_f64(at as f64 / rate as f64);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let status = client.ask(&request);
            samples.push((class, due.elapsed().as_secs_f64() * 1_000.0, status));
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect()
    })
}

fn report(samples: &[Sample], classes: &[Class], title: &str) -> f64 {
    let mut times: Vec<f64> =
        samples.iter().filter(|s| classes.contains(&s.0)).map(|s| s.1).collect();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (times.len() as f64 * share).ceil() as usize;
        times.get(place.saturating_sub(1)).copied().unwrap_or(0.0)
    };
    println!(
        "  {title:<22} {:>6} requests  p50 {:>7.1} ms  p90 {:>7.1}  p99 {:>7.1}  max {:>7.1}",
        times.len(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
    at(0.99)
}

fn main() -> Result<(), Failure> {
    let options = options()?;
    let place = place::Place::open(&options)?;
    let mix = place.fill(options.cases)?;
    let server = place.serve(options.port)?;
    // The first seconds warm caches and connections; they are not counted.
    run(server.address, &mix, options.rate.min(50), 5, 1 << 40);
    let began = Instant::now();
    let samples = run(server.address, &mix, options.rate, options.seconds, 0);
    let seconds = began.elapsed().as_secs_f64();
    let wrong: Vec<&Sample> = samples.iter().filter(|s| !s.0.allows(s.2)).collect();
    println!(
        "{}: {} people, {} cases; {} requests in {seconds:.1} s ({:.0}/s), {} errors; {} MiB",
        options.store,
        mix.people.len(),
        options.cases,
        samples.len(),
        samples.len() as f64 / seconds,
        wrong.len(),
        server.memory_mib()
    );
    for class in Class::ALL {
        report(&samples, &[*class], class.name());
    }
    let (reads, writes): (Vec<Class>, Vec<Class>) =
        Class::ALL.iter().partition(|class| !class.writes());
    let read = report(&samples, &reads, "all reads");
    let write = report(&samples, &writes, "all writes");
    for (class, _, status) in wrong.iter().take(5) {
        println!("  unexpected: {} answered {status}", class.name());
    }
    let met = read <= 200.0 && write <= 400.0 && wrong.len() * 10_000 < samples.len().max(1);
    println!(
        "goal (read p99 <= 200 ms, write p99 <= 400 ms, errors < 0.01 %): {}",
        if met { "met" } else { "missed" }
    );
    Ok(())
}
