//! What any database under the store must do. Every function takes the address of an empty one.

use kernel::{Date, EditionId};
use std::sync::atomic::{AtomicBool, Ordering};
use store::{
    EDITION_MIGRATIONS, EditionRow, MIGRATIONS, Migration, Query, Store, StoreError, Value, gaps,
    params,
};

const SCRATCH: Migration = Migration {
    number: 9_000,
    name: "9000_scratch",
    sql: "CREATE TABLE IF NOT EXISTS scratch (
        id INTEGER PRIMARY KEY, n INTEGER, r REAL, t TEXT UNIQUE, b BLOB
    ) STRICT;",
};

fn open(url: &str) -> Store {
    let migrations: Vec<Migration> = MIGRATIONS.iter().copied().chain([SCRATCH]).collect();
    Store::open_with(url, &migrations).unwrap()
}

fn insert(store: &Store, id: u64, text: &str) -> Result<u64, StoreError> {
    let text = text.to_owned();
    store.write(move |tx| {
        tx.execute("INSERT INTO scratch (id, t) VALUES ($1, $2)", params![id, text])
    })
}

fn count(store: &Store) -> i64 {
    store
        .read(|reader| {
            reader.query_one("SELECT COUNT(*) AS n FROM scratch", params![])?.get::<i64>("n")
        })
        .unwrap()
}

pub fn values_round_trip(url: &str) {
    let store = open(url);
    let sent = vec![
        Value::Int(i64::MIN),
        Value::Real(-0.125),
        Value::Text("Ḃaiq ‘Rohani’ $1".to_owned()),
        Value::Bytes(vec![0, 255, 1]),
    ];
    let copy = sent.clone();
    store
        .write::<_, StoreError, _>(move |tx| {
            let sql = "INSERT INTO scratch (id, n, r, t, b) VALUES ($5, $1, $2, $3, $4)";
            tx.execute(sql, &[&copy[..], &[Value::Int(1)]].concat())?;
            tx.execute("INSERT INTO scratch (id) VALUES ($1)", params![2])
        })
        .unwrap();
    let rows = store
        .read(|reader| reader.query("SELECT n, r, t, b FROM scratch ORDER BY id", params![]))
        .unwrap();
    let got = |row: usize| (0..4).map(|at| rows[row].at::<Value>(at).unwrap()).collect::<Vec<_>>();
    assert_eq!(got(0), sent);
    assert_eq!(got(1), vec![Value::Null; 4]);
    assert_eq!(rows[1].get::<Option<String>>("t").unwrap(), None);
    assert!(rows[1].get::<i64>("n").is_err());
    assert!(rows[0].get::<u8>("n").is_err(), "out of range is an error, not a wrap");
}

pub fn a_failed_write_leaves_nothing(url: &str) {
    let store = open(url);
    let error = store
        .write::<(), StoreError, _>(|tx| {
            tx.execute("INSERT INTO scratch (id) VALUES (1)", params![])?;
            Err(StoreError::caller("changed my mind"))
        })
        .unwrap_err();
    assert_eq!(error, StoreError::Caller("changed my mind".to_owned()));
    assert_eq!(count(&store), 0);
}

pub fn neighbours_of_a_failed_write_are_kept(url: &str) {
    let store = open(url);
    insert(&store, 1, "a").unwrap();
    std::thread::scope(|scope| {
        for id in 2..40_u64 {
            let store = &store;
            // Every third collides with the unique text of row 1.
            scope.spawn(move || {
                let text = if id % 3 == 0 { "a".to_owned() } else { id.to_string() };
                assert_eq!(insert(store, id, &text).is_ok(), id % 3 != 0, "row {id}");
            });
        }
    });
    assert_eq!(count(&store), 1 + (2..40).filter(|id| id % 3 != 0).count() as i64);
}

pub fn a_panic_takes_nothing_with_it(url: &str) {
    let store = open(url);
    let error = store.write::<(), StoreError, _>(|tx| {
        tx.execute("INSERT INTO scratch (id) VALUES (1)", params![])?;
        panic!("a bug in the caller's closure")
    });
    assert!(error.unwrap_err().to_string().contains("panicked"));
    assert_eq!(count(&store), 0);
    insert(&store, 2, "after").unwrap();
}

pub fn many_writers_lose_nothing(url: &str) {
    let store = open(url);
    insert(&store, 0, "counter").unwrap();
    store.write(|tx| tx.execute("UPDATE scratch SET n = 0", params![])).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..25 {
                    // Read, then write: a lost update would show.
                    store
                        .write::<_, StoreError, _>(|tx| {
                            let n: i64 =
                                tx.query_one("SELECT n FROM scratch", params![])?.get("n")?;
                            tx.execute("UPDATE scratch SET n = $1", params![n + 1])
                        })
                        .unwrap();
                }
            });
        }
    });
    let n: i64 = store
        .read(|reader| reader.query_one("SELECT n FROM scratch", params![])?.get("n"))
        .unwrap();
    assert_eq!(n, 200);
}

pub fn a_read_sees_one_state(url: &str) {
    let store = open(url);
    store
        .read::<(), StoreError>(|reader| {
            let before: i64 =
                reader.query_one("SELECT COUNT(*) AS n FROM scratch", params![])?.get("n")?;
            insert(&store, 1, "in between")?;
            let after: i64 =
                reader.query_one("SELECT COUNT(*) AS n FROM scratch", params![])?.get("n")?;
            assert_eq!(before, after);
            Ok(())
        })
        .unwrap();
    assert_eq!(count(&store), 1);
}

pub fn conflicts_are_named(url: &str) {
    let store = open(url);
    insert(&store, 1, "a").unwrap();
    let error = insert(&store, 1, "secret-value").unwrap_err();
    assert!(matches!(error, StoreError::Conflict(_)), "{error:?}");
    assert!(!error.to_string().contains("secret-value"), "an error quotes a value: {error}");
    let again = store.write(|tx| {
        tx.execute("INSERT INTO scratch (id) VALUES (1) ON CONFLICT DO NOTHING", params![])
    });
    assert_eq!(again.unwrap(), 0);
}

pub fn reopening_changes_nothing(url: &str) {
    let store = open(url);
    insert(&store, 1, "kept").unwrap();
    let schema = store.schema().unwrap();
    drop(store);
    let store = open(url);
    assert_eq!(count(&store), 1);
    assert_eq!(store.schema().unwrap(), schema);
}

pub fn every_column_has_a_class(url: &str) {
    let all: Vec<Migration> = MIGRATIONS
        .iter()
        .copied()
        .chain(EDITION_MIGRATIONS.iter().map(|m| Migration { number: 8_000 + m.number, ..*m }))
        .collect();
    let store = Store::open_with(url, &all).unwrap();
    let gaps = gaps(&store.columns().unwrap()).unwrap();
    assert!(gaps.is_empty(), "{}", gaps.join("\n"));
}

pub fn every_migration_runs_twice(url: &str) {
    let once = Store::open(url).unwrap();
    let schema = once.schema().unwrap();
    once.write::<_, StoreError, _>(|tx| {
        tx.execute("DELETE FROM migration", params![])?;
        Ok(())
    })
    .unwrap();
    drop(once);
    assert_eq!(Store::open(url).unwrap().schema().unwrap(), schema);
}

pub fn upgraded_equals_scratch(url: &str) {
    // Every earlier version of the list, step by step on one store.
    let mut last = None;
    for length in 1..=MIGRATIONS.len() {
        let store = Store::open_with(url, &MIGRATIONS[..length]).unwrap();
        last = Some(store.columns().unwrap());
    }
    let dir = tempfile::tempdir().unwrap();
    let scratch = Store::open(&format!("sqlite:{}", dir.path().join("s.db").display())).unwrap();
    assert_eq!(last.unwrap(), scratch.columns().unwrap());
}

pub fn an_edited_migration_is_refused(url: &str) {
    drop(open(url));
    let edited =
        Migration { sql: "CREATE TABLE IF NOT EXISTS scratch (id INTEGER) STRICT;", ..SCRATCH };
    let migrations: Vec<Migration> = MIGRATIONS.iter().copied().chain([edited]).collect();
    let error = Store::open_with(url, &migrations).map(drop).unwrap_err();
    assert!(error.to_string().contains("9000_scratch was changed"), "{error}");
    let older = Store::open(url).map(drop).unwrap_err();
    assert!(older.to_string().contains("newer program"), "{older}");
}

/// Publishes an edition whose every row carries `mark`.
pub fn publish(store: &Store, name: &str, mark: i64) -> Result<EditionRow, StoreError> {
    let name = EditionId::new(name).unwrap();
    store.publish_edition(&name, Date::from_days(20_000), "00", 1, |loader| {
        let row = |id: i64| Ok(vec![Value::Int(id), Value::Bytes(mark.to_string().into_bytes())]);
        loader.append("family", &["family_id", "body"], (1..=50).map(row))?;
        let fact = vec![Ok(vec![Value::from("mark"), Value::from(mark.to_string())])];
        loader.append("fact", &["name", "body"], fact).map(drop)
    })
}

pub fn editions_switch_whole(url: &str) {
    let store = Store::open(url).unwrap();
    assert_eq!(store.current_edition().unwrap(), None);
    for (at, name) in ["2026-1", "2026-2", "2026-3"].into_iter().enumerate() {
        let row = publish(&store, name, at as i64).unwrap();
        assert_eq!(store.current_edition().unwrap(), Some(row));
    }
    let kept: Vec<String> =
        store.editions().unwrap().iter().map(|row| row.name.to_string()).collect();
    assert_eq!(kept, ["2026-3", "2026-2"]);
    let dropped = store.read_edition::<(), StoreError>(1, |reader| {
        reader.query("SELECT body FROM fact", params![]).map(drop)
    });
    assert!(dropped.is_err());
}

pub fn a_failed_publish_is_not_seen(url: &str) {
    let store = Store::open(url).unwrap();
    let first = publish(&store, "2026-1", 1).unwrap();
    let name = EditionId::new("2026-2").unwrap();
    let failed = store.publish_edition::<StoreError>(&name, Date::from_days(1), "", 1, |loader| {
        let row = vec![Ok(vec![Value::Int(1), Value::Bytes(vec![])])];
        loader.append("family", &["family_id", "body"], row)?;
        Err(StoreError::caller("disk full"))
    });
    assert!(failed.is_err());
    assert_eq!(store.current_edition().unwrap(), Some(first));
    publish(&store, "2026-2", 2).unwrap();
    assert_eq!(store.editions().unwrap().len(), 2);
}

/// Raised when it goes out of scope, so that a failed check ends the threads that wait for it.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub fn readers_never_mix_editions(url: &str) {
    let store = Store::open(url).unwrap();
    publish(&store, "2026-0", 0).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _done = Done(&done);
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let edition = store.current_edition().unwrap().unwrap();
                    let read = store.read_edition::<_, StoreError>(edition.number, |reader| {
                        let mark: String =
                            reader.query_one("SELECT body FROM fact", params![])?.get("body")?;
                        let rows = reader.query("SELECT body FROM family", params![])?;
                        Ok((mark, rows))
                    });
                    // Two publications may pass between the switch and the read; then it is gone.
                    let Ok((mark, rows)) = read else { continue };
                    assert_eq!(rows.len(), 50);
                    for row in rows {
                        assert_eq!(row.get::<Vec<u8>>("body").unwrap(), mark.as_bytes());
                    }
                    assert_eq!(edition.name.as_str(), format!("2026-{mark}"));
                }
            });
        }
        for mark in 1..=12 {
            publish(&store, &format!("2026-{mark}"), mark).unwrap();
        }
    });
}

pub fn a_slow_reader_does_not_stop_publishing(url: &str) {
    let store = Store::open(url).unwrap();
    publish(&store, "2026-0", 0).unwrap();
    let family = "SELECT COUNT(*) AS n FROM family";
    let seen = store.read_edition::<i64, StoreError>(1, |reader| {
        reader.query("SELECT body FROM fact", params![])?;
        // Edition 1 is dropped under this reader, who has not read all of it yet.
        for mark in 1..=3 {
            publish(&store, &format!("2026-{mark}"), mark)?;
        }
        reader.query_one(family, params![])?.get("n")
    });
    assert_eq!(seen, Ok(50));
    publish(&store, "2026-4", 4).unwrap();
    let gone = store
        .read_edition::<i64, StoreError>(1, |reader| reader.query_one(family, params![])?.get("n"));
    // SQLite: the idle connection of the pool still holds the unlinked file.
    assert!(url.starts_with("sqlite:") || gone.is_err(), "{gone:?}");
}
