//! Stores for tests: a SQLite file or a real PostgreSQL in a temporary folder.
//!
//! PostgreSQL is started from the machine's own programs (`PADAN_POSTGRES_BIN`, `PATH`, or
//! Debian's `/usr/lib/postgresql/*/bin`), on a Unix socket only, as a user that is not root.

use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{fs, thread};

/// The user and group `nobody` of Debian: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;
const START_TRIES_MAX: u32 = 300;

/// A running PostgreSQL, stopped and removed when dropped.
pub struct TestPostgres {
    bin: PathBuf,
    dir: PathBuf,
    server: Child,
    databases: AtomicU32,
}

impl TestPostgres {
    /// Starts one, or gives none (and says so on standard error) when the machine has no
    /// PostgreSQL. Set `PADAN_REQUIRE_POSTGRES=1` to make its absence an error.
    ///
    /// # Errors
    /// When it is there and does not start.
    pub fn start() -> Result<Option<Self>> {
        let Some(bin) = find_bin() else {
            if std::env::var_os("PADAN_REQUIRE_POSTGRES").is_some() {
                return Err(Error::new(ErrorKind::NotFound, "no PostgreSQL on this machine"));
            }
            eprintln!("skipped: no PostgreSQL on this machine (apt-get install postgresql)");
            return Ok(None);
        };
        let dir = std::env::temp_dir().join(format!("padan-pg-{}", std::process::id()));
        let dir = (0..100)
            .map(|n| dir.with_extension(n.to_string()))
            .find(|dir| fs::create_dir(dir).is_ok())
            .ok_or_else(|| Error::other("no folder for PostgreSQL"))?;
        if is_root()? {
            chown(&dir, Some(NOBODY), Some(NOBODY))?;
        }
        run(as_server_user(&bin.join("initdb"), &dir)?.args([
            "-D",
            "data",
            "-U",
            "padan",
            "-k",
            "--auth=trust",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-instructions",
        ]))?;
        let server = serve(&bin, &dir)?;
        let started = Self { bin, dir, server, databases: AtomicU32::new(0) };
        started.wait()?;
        Ok(Some(started))
    }

    fn wait(&self) -> Result<()> {
        for _ in 0..START_TRIES_MAX {
            let ready = Command::new(self.bin.join("pg_isready"))
                .arg("-h")
                .arg(&self.dir)
                .stdout(Stdio::null())
                .status()?;
            if ready.success() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(Error::other(fs::read_to_string(self.dir.join("log")).unwrap_or_default()))
    }

    /// The address of a fresh, empty database.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new_database(&self) -> Result<String> {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        run(Command::new(self.bin.join("createdb"))
            .arg("-h")
            .arg(&self.dir)
            .args(["-U", "padan", &name]))?;
        let host = self.dir.to_string_lossy().replace('/', "%2F");
        Ok(format!("postgres://padan@{host}/{name}"))
    }

    /// Runs one statement as the server's owner, for tests that break a setting.
    ///
    /// # Errors
    /// When the server refuses it.
    pub fn statement(&self, sql: &str) -> Result<()> {
        run(Command::new(self.bin.join("psql"))
            .arg("-h")
            .arg(&self.dir)
            .args(["-U", "padan", "-d", "postgres", "-q", "-c", sql]))
    }

    /// Stops the server at once, as a power cut would (for tests of "database away").
    ///
    /// # Errors
    /// When it cannot be stopped.
    pub fn stop(&mut self) -> Result<()> {
        self.server.kill()?;
        self.server.wait().map(drop)?;
        // The postmaster's children notice and end by themselves; its pid file would block a start.
        thread::sleep(Duration::from_millis(300));
        drop(fs::remove_file(self.dir.join("data/postmaster.pid")));
        Ok(())
    }

    /// Starts it again after [`TestPostgres::stop`].
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&mut self) -> Result<()> {
        self.server = serve(&self.bin, &self.dir)?;
        self.wait()
    }
}

impl Drop for TestPostgres {
    fn drop(&mut self) {
        drop(Command::new("kill").args(["-INT", &self.server.id().to_string()]).status());
        drop(self.server.wait());
        drop(fs::remove_dir_all(&self.dir));
    }
}

fn find_bin() -> Option<PathBuf> {
    let named = std::env::var_os("PADAN_POSTGRES_BIN").map(PathBuf::from);
    let debian = fs::read_dir("/usr/lib/postgresql").ok().and_then(|entries| {
        let mut bins: Vec<_> = entries.flatten().map(|e| e.path().join("bin")).collect();
        bins.sort();
        bins.pop()
    });
    let path = std::env::var_os("PATH").unwrap_or_default();
    named
        .into_iter()
        .chain(debian)
        .chain(std::env::split_paths(&path))
        .find(|bin| bin.join("initdb").exists() && bin.join("postgres").exists())
}

fn is_root() -> Result<bool> {
    Ok(fs::metadata("/proc/self")?.uid() == 0)
}

fn as_server_user(program: &Path, dir: &Path) -> Result<Command> {
    let mut command = Command::new(program);
    command.current_dir(dir).env("LC_ALL", "C");
    if is_root()? {
        command.uid(NOBODY).gid(NOBODY);
    }
    Ok(command)
}

fn serve(bin: &Path, dir: &Path) -> Result<Child> {
    as_server_user(&bin.join("postgres"), dir)?
        .args(["-D", "data", "-c", "listen_addresses=", "-c", "max_connections=60", "-k"])
        .arg(dir)
        .stdout(Stdio::null())
        .stderr(fs::File::create(dir.join("log"))?)
        .spawn()
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}
