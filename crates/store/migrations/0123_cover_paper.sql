-- The paper of a change of payer: what was typed from it and its photo, made anew, both sealed.
CREATE TABLE IF NOT EXISTS cover_paper (
    switch_id TEXT PRIMARY KEY,
    media TEXT NOT NULL,
    words BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;
