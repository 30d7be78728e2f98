-- Telephones that an official has seen papers for, and one-time codes sent to them. A code that was
-- asked for an unknown person is a row like any other: nobody can tell.
CREATE TABLE IF NOT EXISTS citizen_phone (
    person_id INTEGER PRIMARY KEY,
    phone BLOB NOT NULL,
    set_by INTEGER NOT NULL REFERENCES account (account),
    set_at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS one_time_code (
    handle_hash BLOB PRIMARY KEY,
    asked BLOB NOT NULL,
    person_id INTEGER,
    family_id INTEGER,
    village INTEGER,
    code_hash BLOB NOT NULL,
    tries INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS one_time_code_asked ON one_time_code (asked, made_at);
