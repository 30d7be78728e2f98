-- Accounts, sessions and the first-run link. Passwords and tokens stand only as hashes.
CREATE TABLE IF NOT EXISTS account (
    account INTEGER PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    territory TEXT NOT NULL,
    password TEXT,
    active INTEGER NOT NULL,
    expires_at INTEGER,
    failures INTEGER NOT NULL,
    family_id INTEGER,
    person_id INTEGER,
    made_at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS session (
    token_hash BLOB PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account (account),
    began INTEGER NOT NULL,
    used INTEGER NOT NULL,
    strong_at INTEGER,
    revoked INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS session_account ON session (account);

CREATE TABLE IF NOT EXISTS first_run (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    token_hash BLOB NOT NULL,
    made_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
