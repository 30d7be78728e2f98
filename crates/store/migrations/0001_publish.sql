-- Which editions are laid out, and which one readers see. The rows of an edition itself stand in
-- tables of its own (migrations/edition): a file beside the store, or a schema.
CREATE TABLE IF NOT EXISTS edition (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    as_of INTEGER NOT NULL,
    manifest_sha256 TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('loading', 'ready', 'dropped')),
    published_at INTEGER
) STRICT;

-- One row: the switch.
CREATE TABLE IF NOT EXISTS edition_current (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    number INTEGER NOT NULL REFERENCES edition (number)
) STRICT;
