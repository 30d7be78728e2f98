//! Progress on standard error: one moving line on a terminal, plain lines elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// A line that is drawn again and again.
    Terminal,
    /// A line at the start and end of a step and every few seconds.
    Lines,
    /// Nothing (tests, `--json`).
    Nothing,
}

/// Counts rows of the step that runs and shows rate and time left. Cheap to clone and share.
#[derive(Debug, Clone)]
pub struct Progress(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    show: Show,
    done: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    name: String,
    unit: &'static str,
    total: u64,
    started: Instant,
    drawn: Instant,
}

/// A number with thin groups of three: `5 751 295`.
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

impl Progress {
    /// Progress as the caller wants it.
    #[must_use]
    pub fn new(show: Show) -> Self {
        let now = Instant::now();
        let state = State { name: String::new(), unit: "rows", total: 0, started: now, drawn: now };
        Self(Arc::new(Inner { show, done: AtomicU64::new(0), state: Mutex::new(state) }))
    }

    /// A moving line if standard error is a terminal, plain lines if not.
    #[must_use]
    pub fn detect() -> Self {
        Self::new(if std::io::stderr().is_terminal() { Show::Terminal } else { Show::Lines })
    }

    /// No output.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(Show::Nothing)
    }

    /// How this progress is shown.
    #[must_use]
    pub fn show(&self) -> Show {
        self.0.show
    }

    /// Names the step that starts now. `total` 0 means unknown.
    pub fn start(&self, name: &str, total: u64, unit: &'static str) {
        self.0.done.store(0, Ordering::Relaxed);
        let now = Instant::now();
        if let Ok(mut state) = self.0.state.lock() {
            *state = State { name: name.to_owned(), unit, total, started: now, drawn: now };
        }
    }

    /// Says how much there is to do, once it is known.
    pub fn expect(&self, total: u64, unit: &'static str) {
        if let Ok(mut state) = self.0.state.lock() {
            state.total = total;
            state.unit = unit;
        }
    }

    /// Counts `n` more and draws now and then. May be called from many threads.
    pub fn add(&self, n: u64) {
        let done = self.0.done.fetch_add(n, Ordering::Relaxed) + n;
        if self.0.show == Show::Nothing {
            return;
        }
        // A thread that finds the line busy leaves the drawing to the other.
        let Ok(mut state) = self.0.state.try_lock() else { return };
        let pause = match self.0.show {
            Show::Terminal => Duration::from_millis(150),
            _ => Duration::from_secs(10),
        };
        if state.drawn.elapsed() < pause {
            return;
        }
        state.drawn = Instant::now();
        let line = running_line(&state, done);
        match self.0.show {
            Show::Terminal => eprint!("\r\x1b[2K{line}"),
            _ => eprintln!("{line}"),
        }
        let _ = std::io::stderr().flush();
    }

    /// Ends the step with one plain line.
    pub fn finish(&self, line: &str) {
        match self.0.show {
            Show::Nothing => {}
            Show::Terminal => eprintln!("\r\x1b[2K{line}"),
            Show::Lines => eprintln!("{line}"),
        }
    }
}

fn running_line(state: &State, done: u64) -> String {
    let seconds = state.started.elapsed().as_secs_f64().max(1e-3);
    let rate = done as f64 / seconds;
    let base = format!("{:<20} {} {}", state.name, grouped(done), state.unit);
    let rate_text = grouped(rate as u64);
    if state.total > done && rate > 0.0 {
        let left = (state.total - done) as f64 / rate;
        let share = 100.0 * done as f64 / state.total as f64;
        format!("{base}  {share:.0} %  {rate_text}/s  {left:.0} s left")
    } else {
        format!("{base}  {rate_text}/s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_in_threes() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(5_751_295), "5 751 295");
    }

    #[test]
    fn time_left_is_shown_when_the_total_is_known() {
        let now = Instant::now();
        let state = State {
            name: "linkage".into(),
            unit: "records",
            total: 200,
            started: now.checked_sub(Duration::from_secs(10)).unwrap(),
            drawn: now,
        };
        let line = running_line(&state, 100);
        assert!(line.contains("50 %") && line.contains("10 s left"), "{line}");
    }
}
