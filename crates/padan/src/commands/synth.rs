//! `padan synth`: only the deliveries of a synthetic province, with the hidden truth beside them.

use crate::failure::Failure;
use province::{Options, Summary};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Flags of `padan synth`.
#[derive(clap::Args)]
#[command(after_help = "Example: padan synth --people 100000 --seed 1 --out province")]
pub struct Args {
    /// People alive in the province (1000 to 5751295)
    #[arg(long, default_value_t = 100_000)]
    people: u64,
    /// The same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for the deliveries, the survey, the truth and spec.toml
    #[arg(long)]
    out: PathBuf,
    /// 1 for the first edition; 2 for the same province a quarter later, up to 8
    #[arg(long, default_value_t = 1)]
    quarter: u8,
    /// Error rates to use instead of those shipped (config/id/synth_rates.toml)
    #[arg(long)]
    rates: Option<PathBuf>,
    /// Threads (0: all)
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

/// Runs the command.
pub fn run(args: Args) -> Result<(), Failure> {
    let rates = args.rates.as_deref().map(read).transpose()?;
    let Args { people, seed, out, quarter, threads, .. } = args;
    let began = Instant::now();
    let options = Options { people, seed, out, quarter, threads, rates };
    let summary = generate(&options)?;
    print!("{summary}");
    println!("\n{}: {:.1} s", options.out.display(), began.elapsed().as_secs_f64());
    Ok(())
}

/// Generates, showing progress on standard error.
pub fn generate(options: &Options) -> Result<Summary, Failure> {
    let mut progress = Shown::default();
    let summary = province::synth(options, &mut progress).map_err(Failure::input)?;
    progress.finish();
    Ok(summary)
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| Failure::input(format!("{}: {e}", path.display())))
}

/// Progress of the province through the engine's, so that every command looks alike.
#[derive(Default)]
struct Shown {
    step: Option<(&'static str, u64, u64, Instant)>,
    shown_s: u64,
}

impl Shown {
    fn finish(&mut self) {
        if let Some((name, _, done, began)) = self.step.take() {
            let seconds = began.elapsed().as_secs_f64();
            eprintln!(
                "{name}: {done} in {seconds:.1} s ({:.0}/s)",
                done as f64 / seconds.max(1e-9)
            );
        }
    }
}

impl province::Progress for Shown {
    fn step(&mut self, name: &'static str, total: u64) {
        self.finish();
        self.step = Some((name, total, 0, Instant::now()));
        self.shown_s = 0;
    }

    fn add(&mut self, people: u64) {
        let Some((name, total, done, began)) = &mut self.step else { return };
        *done += people;
        let seconds = began.elapsed().as_secs();
        // A line every five seconds is enough for a log and for a person.
        if seconds >= self.shown_s + 5 && *total > 0 {
            self.shown_s = seconds;
            let rate = *done as f64 / began.elapsed().as_secs_f64();
            let left = total.saturating_sub(*done) as f64 / rate.max(1.0);
            eprintln!("{name}: {} %, {rate:.0}/s, {left:.0} s left", *done * 100 / *total);
        }
    }
}
