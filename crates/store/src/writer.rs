//! One writer thread with group commit.
//!
//! Jobs that arrive while a commit is being synced wait together and share the next one: each runs
//! in its own savepoint, so a job that fails takes nothing of its neighbours with it, and nobody is
//! answered before the commit that holds his work is on the disk. No timer: an idle store commits
//! a lone job at once.

use crate::driver::Connection;
use crate::{StoreError, Tx};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// Most jobs that share one commit.
const GROUP_MAX: usize = 64;

type Open = Box<dyn Fn() -> Result<Box<dyn Connection>, StoreError> + Send>;

/// The queue to the writer thread.
pub(crate) struct Writer {
    queue: Sender<Box<dyn Job>>,
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
    pub(crate) fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = sync_channel(1);
        let gone = || E::from(StoreError::Away("the writer has stopped".to_owned()));
        self.queue
            .send(Box::new(Work { work: Some(work), outcome: None, reply }))
            .map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

fn serve(jobs: &Receiver<Box<dyn Job>>, open: &Open, first: Option<Box<dyn Connection>>) {
    let mut connection = first;
    while let Ok(job) = jobs.recv() {
        let mut ready = match connection.take().map_or_else(open, Ok) {
            Ok(ready) => ready,
            Err(error) => {
                job.answer(Err(error));
                continue;
            }
        };
        let mut group = Vec::new();
        let committed = commit_group(ready.as_mut(), job, jobs, &mut group);
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
    first: Box<dyn Job>,
    jobs: &Receiver<Box<dyn Job>>,
    group: &mut Vec<Box<dyn Job>>,
) -> Result<(), StoreError> {
    let mut next = Some(first);
    let began = connection.begin_write();
    while let Some(mut job) = next.take() {
        let result = began.clone().and_then(|()| run_in_savepoint(connection, job.as_mut()));
        group.push(job);
        result?;
        if group.len() < GROUP_MAX {
            next = jobs.try_recv().ok();
        }
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
