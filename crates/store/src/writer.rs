//! One writer thread with group commit.
//!
//! Jobs that arrive while a commit is being synced wait together and share the next one: each runs
//! in its own savepoint, so a job that fails takes nothing of its neighbours with it, and nobody is
//! answered before the commit that holds his work is on the disk. No timer: an idle store commits
//! a lone job at once.
//!
//! Jobs are of two kinds. Somebody waits for an *urgent* one (a page, a webhook that must be
//! acknowledged); *patient* ones are done by the program for itself (a worker, a mass action). In
//! each commit all urgent jobs go first, then patient ones while the commit is young: what waits for
//! an answer never waits behind a heap of work that nobody waits for, and at least one patient job
//! goes with every commit, so neither starves.

use crate::driver::Connection;
use crate::{StoreError, Tx};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

/// Most jobs that share one commit.
const GROUP_MAX: usize = 64;
/// After this long a commit takes no further patient job.
const PATIENT_FOR: Duration = Duration::from_millis(20);

/// Whether somebody waits for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Haste {
    /// A person or another system does.
    Urgent,
    /// Only the program itself does.
    Patient,
}

type Open = Box<dyn Fn() -> Result<Box<dyn Connection>, StoreError> + Send>;

/// The queue to the writer thread.
pub(crate) struct Writer {
    queue: Sender<(Haste, Box<dyn Job>)>,
}

/// Jobs that have come and are not done.
#[derive(Default)]
struct Waiting {
    urgent: VecDeque<Box<dyn Job>>,
    patient: VecDeque<Box<dyn Job>>,
}

impl Waiting {
    fn add(&mut self, (haste, job): (Haste, Box<dyn Job>)) {
        match haste {
            Haste::Urgent => self.urgent.push_back(job),
            Haste::Patient => self.patient.push_back(job),
        }
    }

    /// The next job of a group that has so many patient ones already and began `age` ago.
    fn next(&mut self, patient: usize, age: Duration) -> Option<(Haste, Box<dyn Job>)> {
        if let Some(job) = self.urgent.pop_front() {
            return Some((Haste::Urgent, job));
        }
        if patient > 0 && age > PATIENT_FOR {
            return None;
        }
        self.patient.pop_front().map(|job| (Haste::Patient, job))
    }
}

/// A piece of work and the place its answer goes to.
trait Job: Send {
    /// Runs the work; false when it gave up and must be rolled back.
    fn run(&mut self, connection: &mut dyn Connection) -> bool;
    /// Answers the caller.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Work<T, E, F> {
    work: Option<F>,
    outcome: Option<Result<T, E>>,
    reply: SyncSender<Result<T, E>>,
}

impl<T, E, F> Job for Work<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send,
{
    fn run(&mut self, connection: &mut dyn Connection) -> bool {
        let Some(work) = self.work.take() else { return false };
        let result = catch_unwind(AssertUnwindSafe(|| work(&mut Tx { connection })));
        let outcome = result.unwrap_or_else(|_| {
            Err(StoreError::Caller("the work panicked; nothing was written".to_owned()).into())
        });
        let kept = outcome.is_ok();
        self.outcome = Some(outcome);
        kept
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let outcome = match (self.outcome, committed) {
            (Some(Err(own)), _) => Err(own),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (_, Err(error)) => Err(E::from(error)),
            (None, Ok(())) => Err(E::from(StoreError::Caller("the work did not run".to_owned()))),
        };
        // A caller that went away needs no answer.
        drop(self.reply.send(outcome));
    }
}

impl Writer {
    /// Starts the thread. `open` makes a fresh, checked connection whenever the last one broke.
    pub(crate) fn start(open: Open, first: Box<dyn Connection>) -> Result<Self, StoreError> {
        let (queue, jobs) = channel();
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || serve(&jobs, &open, Some(first)))
            .map_err(|e| StoreError::Away(format!("no thread for the writer: {e}")))?;
        Ok(Self { queue })
    }

    /// Queues work and waits until it is on the disk, or refused.
    pub(crate) fn write<T, E, F>(&self, haste: Haste, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = sync_channel(1);
        let gone = || E::from(StoreError::Away("the writer has stopped".to_owned()));
        self.queue
            .send((haste, Box::new(Work { work: Some(work), outcome: None, reply })))
            .map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

fn serve(jobs: &Receiver<(Haste, Box<dyn Job>)>, open: &Open, first: Option<Box<dyn Connection>>) {
    let (mut connection, mut waiting) = (first, Waiting::default());
    loop {
        if waiting.urgent.is_empty() && waiting.patient.is_empty() {
            match jobs.recv() {
                Ok(job) => waiting.add(job),
                Err(_) => return,
            }
        }
        let mut ready = match connection.take().map_or_else(open, Ok) {
            Ok(ready) => ready,
            Err(error) => {
                if let Some((_, job)) = waiting.next(0, Duration::ZERO) {
                    job.answer(Err(error));
                }
                continue;
            }
        };
        let mut group = Vec::new();
        let committed = commit_group(ready.as_mut(), jobs, &mut waiting, &mut group);
        // A connection whose commit failed is not asked again: what it would say cannot be trusted.
        if committed.is_ok() && ready.is_healthy() {
            connection = Some(ready);
        }
        for job in group {
            job.answer(committed.clone());
        }
    }
}

fn commit_group(
    connection: &mut dyn Connection,
    jobs: &Receiver<(Haste, Box<dyn Job>)>,
    waiting: &mut Waiting,
    group: &mut Vec<Box<dyn Job>>,
) -> Result<(), StoreError> {
    let (began, mut patient) = (Instant::now(), 0);
    let opened = connection.begin_write();
    while group.len() < GROUP_MAX {
        jobs.try_iter().for_each(|job| waiting.add(job));
        let Some((haste, mut job)) = waiting.next(patient, began.elapsed()) else { break };
        patient += usize::from(haste == Haste::Patient);
        let result = opened.clone().and_then(|()| run_in_savepoint(connection, job.as_mut()));
        group.push(job);
        result?;
    }
    // The last place of a full group is a patient job's, so that none waits for ever.
    if patient == 0
        && let Some(mut job) = waiting.patient.pop_front()
    {
        let result = opened.and_then(|()| run_in_savepoint(connection, job.as_mut()));
        group.push(job);
        result?;
    }
    connection.batch("COMMIT")
}

fn run_in_savepoint(connection: &mut dyn Connection, job: &mut dyn Job) -> Result<(), StoreError> {
    connection.batch("SAVEPOINT job")?;
    if job.run(connection) {
        connection.batch("RELEASE SAVEPOINT job")
    } else {
        connection.batch("ROLLBACK TO SAVEPOINT job; RELEASE SAVEPOINT job")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl Job for Nothing {
        fn run(&mut self, _: &mut dyn Connection) -> bool {
            true
        }
        fn answer(self: Box<Self>, _: Result<(), StoreError>) {}
    }

    #[test]
    fn what_somebody_waits_for_goes_first_and_nothing_starves() {
        use Haste::{Patient, Urgent};
        let mut waiting = Waiting::default();
        for haste in [Patient, Patient, Patient, Urgent, Urgent] {
            waiting.add((haste, Box::new(Nothing)));
        }
        let (young, old) = (Duration::ZERO, PATIENT_FOR * 2);
        let mut next = |patient, age| waiting.next(patient, age).map(|(haste, _)| haste);
        assert_eq!([next(0, old), next(0, old)], [Some(Urgent); 2]);
        assert_eq!(next(0, old), Some(Patient), "one goes with every commit");
        assert_eq!(next(1, old), None, "a commit that has grown old takes no more of them");
        assert_eq!(next(1, young), Some(Patient));
    }
}
