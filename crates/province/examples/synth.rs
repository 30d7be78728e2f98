//! `cargo run --release -p province --example synth -- --people 20000 --seed 1 --out DIR`
//! also `--quarter 2`, `--threads N`, `--rates FILE`.

use std::process::ExitCode;
use std::time::Instant;

/// A line on standard error now and then, with people per second.
struct Lines {
    name: &'static str,
    total: u64,
    done: u64,
    started: Instant,
    shown: Instant,
}

impl province::Progress for Lines {
    fn step(&mut self, name: &'static str, total: u64) {
        (self.name, self.total, self.done) = (name, total, 0);
        (self.started, self.shown) = (Instant::now(), Instant::now());
        eprintln!("{name} …");
    }

    fn add(&mut self, people: u64) {
        self.done += people;
        if self.shown.elapsed().as_secs() >= 2 || self.done == self.total {
            self.shown = Instant::now();
            let rate = self.done as f64 / self.started.elapsed().as_secs_f64().max(1e-9);
            let left = (self.total - self.done) as f64 / rate.max(1.0);
            eprintln!(
                "{}: {} of {}, {rate:.0}/s, {left:.0} s left",
                self.name, self.done, self.total
            );
        }
    }
}

fn options() -> Result<province::Options, String> {
    let mut options = province::Options::new(20_000, 1, "province-out");
    let mut words = std::env::args().skip(1);
    while let Some(flag) = words.next() {
        let value = words.next().ok_or(format!("{flag} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|e| format!("{flag} {value}: {e}"));
        match flag.as_str() {
            "--people" => options.people = number()?,
            "--seed" => options.seed = number()?,
            "--out" => options.out = value.into(),
            "--quarter" => options.quarter = number()?.min(255) as u8,
            "--threads" => options.threads = number()? as usize,
            "--rates" => {
                let text = std::fs::read_to_string(&value).map_err(|e| format!("{value}: {e}"))?;
                options.rates = Some(text);
            }
            _ => return Err(format!("{flag} is not known")),
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    let started = Instant::now();
    let now = Instant::now();
    let mut lines = Lines { name: "", total: 0, done: 0, started: now, shown: now };
    let result = options().and_then(|o| province::synth(&o, &mut lines).map_err(|e| e.to_string()));
    match result {
        Ok(summary) => {
            println!("{summary}\n{:.1} s", started.elapsed().as_secs_f64());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
