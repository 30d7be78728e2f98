-- The journal as rows: an effect and its leaf are one transaction. Tiles and checkpoints are made
-- from `entry` afterwards by the sequencer (room journal). Erasing a payload breaks no proof.
CREATE TABLE IF NOT EXISTS journal_leaf (
    seq INTEGER PRIMARY KEY,
    entry TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS journal_payload (
    seq INTEGER PRIMARY KEY REFERENCES journal_leaf (seq),
    salt BLOB,
    payload BLOB,
    erased_at INTEGER
) STRICT;
