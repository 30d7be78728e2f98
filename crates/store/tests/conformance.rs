//! One suite, both databases.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod suite;

use std::sync::LazyLock;
use store::testing::TestPostgres;

static POSTGRES: LazyLock<Option<TestPostgres>> =
    LazyLock::new(|| TestPostgres::start().expect("PostgreSQL is there but does not start"));

fn on_both(check: fn(&str)) {
    let dir = tempfile::tempdir().unwrap();
    check(&format!("sqlite:{}", dir.path().join("store.db").display()));
    if let Some(server) = POSTGRES.as_ref() {
        check(&server.new_database().unwrap());
    }
}

macro_rules! suite {
    ($($name:ident),* $(,)?) => { $(
        #[test]
        fn $name() { on_both(suite::$name); }
    )* };
}

suite![
    values_round_trip,
    a_failed_write_leaves_nothing,
    neighbours_of_a_failed_write_are_kept,
    a_panic_takes_nothing_with_it,
    many_writers_lose_nothing,
    a_read_sees_one_state,
    conflicts_are_named,
    reopening_changes_nothing,
    every_column_has_a_class,
    every_migration_runs_twice,
    upgraded_equals_scratch,
    an_edited_migration_is_refused,
    editions_switch_whole,
    a_failed_publish_is_not_seen,
    readers_never_mix_editions,
    a_slow_reader_does_not_stop_publishing,
];

#[test]
fn postgres_with_unsafe_settings_is_refused() {
    let Some(server) = TestPostgres::start().unwrap() else { return };
    let url = server.new_database().unwrap();
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        server.statement(&format!("ALTER SYSTEM SET {setting} = off")).unwrap();
        server.statement("SELECT pg_reload_conf()").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(300));
        let refused = store::Store::open(&url).map(drop).unwrap_err().to_string();
        assert!(refused.contains("unsafe") && refused.contains(setting), "{refused}");
        server.statement(&format!("ALTER SYSTEM RESET {setting}")).unwrap();
        server.statement("SELECT pg_reload_conf()").unwrap();
    }
}

#[test]
fn an_edition_stays_readable_while_the_database_is_away() {
    let Some(mut server) = TestPostgres::start().unwrap() else { return };
    let store = store::Store::open(&server.new_database().unwrap()).unwrap();
    suite::publish(&store, "2026-1", 3).unwrap();
    let before = store.current_edition().unwrap();
    server.stop().unwrap();
    assert_eq!(store.current_edition().unwrap(), before);
    let write = store.write(|tx| tx.execute("DELETE FROM edition_current", &[]));
    assert!(write.unwrap_err().is_away());
    server.restart().unwrap();
    // The first tries may meet broken connections; each throws its own away.
    let recovered = (0..20).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        store.write(|tx| tx.execute("UPDATE edition SET as_of = as_of", &[])).is_ok()
    });
    assert!(recovered, "writes do not come back after the database did");
}
