//! The thread that owns the index. What waits is done together: adds share one sync of the disk.

use crate::ask::{self, AddAsked, AddTold, Failed, FindAsked, FindTold};
use linkage::Index;
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

/// Requests done between two syncs at most.
const TOGETHER_MAX: usize = 256;

enum Job {
    Find(FindAsked, oneshot::Sender<Result<FindTold, Failed>>),
    Add(AddAsked, oneshot::Sender<Result<AddTold, Failed>>),
}

/// Hands requests to the thread.
#[derive(Clone)]
pub(crate) struct Owner(Sender<Job>);

impl Owner {
    pub(crate) fn start(index: Index) -> Self {
        let (sender, jobs) = channel();
        std::thread::spawn(move || work(index, &jobs));
        Self(sender)
    }

    pub(crate) async fn find(&self, asked: FindAsked) -> Result<FindTold, Failed> {
        self.ask(|back| Job::Find(asked, back)).await
    }

    pub(crate) async fn add(&self, asked: AddAsked) -> Result<AddTold, Failed> {
        self.ask(|back| Job::Add(asked, back)).await
    }

    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, Failed>>) -> Job,
    ) -> Result<T, Failed> {
        let stopped = || Failed::Work("the index has stopped; start the server again".to_owned());
        let (back, answer) = oneshot::channel();
        self.0.send(job(back)).map_err(|_| stopped())?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }
}

/// Works until nobody can ask any more, or the disk refuses.
fn work(mut index: Index, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut added = Vec::new();
        let waiting = std::iter::once(first).chain(jobs.try_iter()).take(TOGETHER_MAX);
        for job in waiting {
            match job {
                // Who asked may have gone: nobody is told then.
                Job::Find(asked, back) => drop(back.send(ask::find(&mut index, &asked))),
                Job::Add(asked, back) => match add(&mut index, &asked) {
                    Ok(told) => added.push((back, told)),
                    Err(Failed::Work(why)) => {
                        drop(back.send(Err(Failed::Work(why))));
                        // What is in memory and on the disk may differ now.
                        return;
                    }
                    Err(wrong) => drop(back.send(Err(wrong))),
                },
            }
        }
        if !added.is_empty() && index.sync().is_err() {
            return;
        }
        for (back, told) in added {
            drop(back.send(Ok(told)));
        }
    }
}

fn add(index: &mut Index, asked: &AddAsked) -> Result<AddTold, Failed> {
    let records = ask::records(index, asked)?;
    let first = index.len() as u32;
    let added = index
        .add_unsynced(records, &asked.source)
        .map_err(|e| Failed::Work(format!("nothing more is added, start the server again: {e}")))?;
    let persons = (first..index.len() as u32).map(|record| index.person(record)).collect();
    Ok(AddTold { persons, events: added.events })
}
