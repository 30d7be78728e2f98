//! A source's files, from beginning to end.
//!
//! ```text
//! reader thread of file 1 ─┐ bounded          ┌─ rayon: parse wave n+1 ─┐
//! reader thread of file 2 ─┴─ channels ─▶ wave ┤                         ├▶ …
//!                                             └─ write wave n, in order ─┘
//! ```

use crate::IntakeError;
use crate::chunk::Chunk;
use crate::context::Context;
use crate::finding::QUARANTINED;
use crate::mapping::Source;
use crate::open::{Event, FileShape, Opening, read_file};
use crate::output::Output;
use crate::parse::{Parsed, parse};
use crate::prepared::Prepared;
use crate::report::{FileReport, SourceReport};
use crate::spec::DeliveredFile;
use crate::tally::Tally;
use engine::Progress;
use rayon::prelude::*;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread::Scope;

/// Files that are read at one time.
const FILES_AHEAD: usize = 2;
/// Chunks that one file's reader may be ahead.
const CHUNKS_AHEAD: usize = 4;
/// A file with fewer rows is never refused for its share of bad ones.
const REFUSE_ROWS_MIN: u64 = 20;
/// From this many rows on, a file that is mostly bad is refused without reading on.
const REFUSE_EARLY_ROWS: u64 = 200_000;

/// Takes in the files of `source` among `files` (in order) and writes
/// `out/records/<source>[-<table>].parquet`, `out/findings/<source>.parquet` and
/// `out/quality/<source>.json`. Counts rows on `progress`.
///
/// # Errors
/// When a file cannot be used at all, or more of its rows are bad than the mapping allows. Then
/// `out` is as it was.
pub fn deliver(
    source: &Source,
    files: &[DeliveredFile],
    context: &Context,
    out: &Path,
    progress: &Progress,
) -> Result<SourceReport, IntakeError> {
    let own: Vec<&DeliveredFile> = files.iter().filter(|f| f.source == source.name).collect();
    let prepared: Vec<Prepared> = source.tables.iter().map(|t| Prepared::new(t, context)).collect();
    let mut work = Work {
        source,
        files: &own,
        context,
        prepared: &prepared,
        output: Output::create(source, out)?,
        states: own.iter().map(|_| State::default()).collect(),
        progress,
    };
    match work.run() {
        Ok(()) => {
            let findings = work.output.findings();
            let reports = work.reports()?;
            let report = SourceReport::new(source, reports, findings);
            work.output.commit(&report)?;
            Ok(report)
        }
        Err(error) => {
            work.output.discard();
            Err(error)
        }
    }
}

/// What is known of a file so far.
#[derive(Default)]
struct State {
    shape: Option<FileShape>,
    tally: Tally,
    first_bad: Option<(u64, String)>,
}

struct Work<'a> {
    source: &'a Source,
    files: &'a [&'a DeliveredFile],
    context: &'a Context,
    prepared: &'a [Prepared],
    output: Output<'a>,
    states: Vec<State>,
    progress: &'a Progress,
}

impl Work<'_> {
    fn run(&mut self) -> Result<(), IntakeError> {
        let (source, files, context) = (self.source, self.files, self.context);
        let prepared = self.prepared;
        let wave_chunks = rayon::current_num_threads().max(1) * 2;
        std::thread::scope(|scope| {
            let mut stream = Stream::new(source, files, scope);
            let mut parsed: Vec<Parsed> = Vec::new();
            loop {
                let wave = stream.wave(wave_chunks, &mut self.states)?;
                let ended = wave.is_empty();
                let (next, written) = rayon::join(
                    || {
                        wave.into_par_iter()
                            .map(|chunk| {
                                let date = files[chunk.plan.file].date;
                                parse(chunk, source, prepared, context, date)
                            })
                            .collect()
                    },
                    || self.write(std::mem::take(&mut parsed)),
                );
                written?;
                parsed = next;
                if ended {
                    break;
                }
            }
            Ok::<(), IntakeError>(())
        })?;
        for at in 0..self.files.len() {
            self.refuse(at, REFUSE_ROWS_MIN)?;
        }
        Ok(())
    }

    fn write(&mut self, parsed: Vec<Parsed>) -> Result<(), IntakeError> {
        for chunk in parsed {
            let at = chunk.file;
            let tally = &chunk.tally;
            assert_eq!(tally.rows, tally.records + tally.quarantined_rows(), "rows add up");
            self.progress.add(tally.rows);
            let state = &mut self.states[at];
            state.tally.add(tally);
            if state.first_bad.is_none() {
                let bad = chunk.findings.iter().find(|f| f.severity == QUARANTINED);
                state.first_bad = bad.map(|f| (f.line, f.reason.clone().into_owned()));
            }
            self.output.push(chunk, self.files[at].delivery)?;
            self.refuse(at, REFUSE_EARLY_ROWS)?;
        }
        Ok(())
    }

    /// Refuses a file of at least `rows_min` rows of which too many are bad.
    fn refuse(&self, at: usize, rows_min: u64) -> Result<(), IntakeError> {
        let State { tally, first_bad, .. } = &self.states[at];
        let bad = tally.quarantined_rows();
        let limit = tally.rows as f64 * self.source.refuse_share;
        let Some((line, reason)) = first_bad else { return Ok(()) };
        if tally.rows < rows_min || bad as f64 <= limit {
            return Ok(());
        }
        let wrong =
            format!("{bad} of {} rows cannot be read; the first because: {reason}", tally.rows);
        let remedy = format!(
            "check the file with the source, or correct sources/{}.toml (`refuse_share`)",
            self.source.name
        );
        Err(IntakeError::new(&self.files[at].shown, wrong, remedy).at_line(*line))
    }

    fn reports(&self) -> Result<Vec<FileReport>, IntakeError> {
        let report = |(file, state): (&&DeliveredFile, &State)| {
            let shape = state.shape.clone().ok_or_else(|| {
                IntakeError::new(&file.shown, "was not opened", "this is a defect; report it")
            })?;
            let map = self.source.tables.iter().find(|t| t.name == shape.table);
            let map = map.unwrap_or(&self.source.tables[0]);
            Ok(FileReport::new(file, shape, map, &state.tally))
        };
        self.files.iter().zip(&self.states).map(report).collect()
    }
}

/// The chunks of all files in order, read a little ahead by threads.
struct Stream<'scope, 'env> {
    source: &'env Source,
    files: &'env [&'env DeliveredFile],
    scope: &'scope Scope<'scope, 'env>,
    /// Readers of the files from `current` on.
    open: VecDeque<Receiver<Event>>,
    current: usize,
    started: usize,
}

impl<'scope, 'env> Stream<'scope, 'env> {
    fn new(
        source: &'env Source,
        files: &'env [&'env DeliveredFile],
        scope: &'scope Scope<'scope, 'env>,
    ) -> Self {
        Self { source, files, scope, open: VecDeque::new(), current: 0, started: 0 }
    }

    /// Up to `most` chunks, fewer when the readers are behind; none when all files have ended.
    /// How many there are changes when they are parsed, never what they become.
    fn wave(&mut self, most: usize, states: &mut [State]) -> Result<Vec<Chunk>, IntakeError> {
        let mut chunks = Vec::with_capacity(most);
        while chunks.len() < most {
            while self.open.len() < FILES_AHEAD && self.started < self.files.len() {
                let receiver = self.start(self.started);
                self.open.push_back(receiver);
                self.started += 1;
            }
            let Some(receiver) = self.open.front() else { break };
            let event = match receiver.try_recv() {
                Err(TryRecvError::Empty) if !chunks.is_empty() => break,
                Err(TryRecvError::Empty) => receiver.recv().map_err(|_| TryRecvError::Disconnected),
                other => other,
            };
            match event {
                Ok(Event::Chunk(chunk)) => chunks.push(chunk),
                Ok(Event::Opened(shape)) => states[self.current].shape = Some(*shape),
                Ok(Event::Ended) => {
                    self.open.pop_front();
                    self.current += 1;
                }
                Ok(Event::Failed(error)) => return Err(error),
                Err(_) => return Err(gave_up(self.files[self.current])),
            }
        }
        Ok(chunks)
    }

    fn start(&self, index: usize) -> Receiver<Event> {
        let (sender, receiver) = sync_channel(CHUNKS_AHEAD);
        let opening = Opening { file: self.files[index], index, source: self.source };
        self.scope.spawn(move || {
            let mut sink = |event| sender.send(event).is_ok();
            // The readers of workbooks and Parquet are other people's; a file made to break one
            // of them is a bad file, not the end of the program.
            let read = catch_unwind(AssertUnwindSafe(|| read_file(&opening, &mut sink)));
            if read.is_err() {
                sink(Event::Failed(gave_up(opening.file)));
            }
        });
        receiver
    }
}

fn gave_up(file: &DeliveredFile) -> IntakeError {
    let remedy = "ask the source to deliver it again, as CSV if this comes back";
    IntakeError::new(&file.shown, "is damaged: its reader gave up", remedy)
}
