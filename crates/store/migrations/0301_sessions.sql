-- What the holder of an account sees of each session: how it began and on what kind of device.
CREATE TABLE IF NOT EXISTS session_about (
    token_hash BLOB PRIMARY KEY REFERENCES session (token_hash),
    how TEXT NOT NULL,
    device TEXT NOT NULL
) STRICT;
