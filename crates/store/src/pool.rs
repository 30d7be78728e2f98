//! A few connections for reading, handed out one at a time.

use crate::StoreError;
use crate::driver::Connection;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

type Open = Box<dyn Fn() -> Result<Box<dyn Connection>, StoreError> + Send + Sync>;

/// Opens up to `limit` connections when they are asked for; waits beyond that.
pub(crate) struct Pool {
    open: Open,
    limit: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Box<dyn Connection>>,
    out: usize,
}

impl Pool {
    pub(crate) fn new(limit: usize, open: Open) -> Self {
        Self { open, limit, state: Mutex::default(), freed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lends a connection to `work`. One that broke is dropped, so the next caller gets a new one.
    pub(crate) fn with<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut dyn Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut lent = Lent { pool: self, connection: None };
        lent.connection = Some(self.take()?);
        let Some(connection) = lent.connection.as_mut() else {
            return Err(StoreError::Away("no connection".to_owned()).into());
        };
        work(connection.as_mut())
    }

    fn take(&self) -> Result<Box<dyn Connection>, StoreError> {
        let mut state = self.lock();
        loop {
            if let Some(idle) = state.idle.pop() {
                state.out += 1;
                return Ok(idle);
            }
            if state.out < self.limit {
                state.out += 1;
                drop(state);
                return (self.open)();
            }
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Gives the connection back when the work is done, also when it panicked.
struct Lent<'a> {
    pool: &'a Pool,
    connection: Option<Box<dyn Connection>>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        state.out -= 1;
        if let Some(connection) = self.connection.take().filter(|c| c.is_healthy())
            && !std::thread::panicking()
        {
            state.idle.push(connection);
        }
        self.pool.freed.notify_one();
    }
}
