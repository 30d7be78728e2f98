-- Outlines of regions that were imported: rings of [longitude, latitude] as JSON.
CREATE TABLE IF NOT EXISTS outline (
    region INTEGER PRIMARY KEY,
    rings TEXT NOT NULL
) STRICT;
