-- Facts about the edition as documents: manifest, quality, schema of the blobs, programmes.
CREATE TABLE IF NOT EXISTS fact (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;

-- One row per family; the blob holds its members, values with provenance, score, contributions,
-- standing in every programme and links, sealed with a key that is not in the database.
CREATE TABLE IF NOT EXISTS family (
    family_id INTEGER PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;

-- Keyed blind index of the NIK (HMAC-SHA-256, first 16 bytes) -> person and family.
CREATE TABLE IF NOT EXISTS person_key (
    nik_index BLOB NOT NULL,
    person_id INTEGER NOT NULL,
    family_id INTEGER NOT NULL,
    PRIMARY KEY (nik_index, person_id)
) WITHOUT ROWID, STRICT;

-- Families of a village, for officers' lists.
CREATE TABLE IF NOT EXISTS village_family (
    village INTEGER NOT NULL,
    decile INTEGER NOT NULL,
    family_id INTEGER NOT NULL,
    PRIMARY KEY (village, decile, family_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE IF NOT EXISTS region (
    region INTEGER PRIMARY KEY,
    parent INTEGER NOT NULL,
    level INTEGER NOT NULL,
    name TEXT NOT NULL,
    people INTEGER NOT NULL,
    families INTEGER NOT NULL
) STRICT;

-- Pre-aggregated counts. dimension: 'decile' (key 0 = unranked, 1-10), 'age' (band x sex), 'cause'.
-- Counts are people or families by the programme's unit; *_families count families, for hiding
-- cells that are too small to show.
CREATE TABLE IF NOT EXISTS meter (
    programme TEXT NOT NULL,
    region INTEGER NOT NULL,
    dimension TEXT NOT NULL,
    key INTEGER NOT NULL,
    listed_eligible INTEGER NOT NULL,
    listed_ineligible INTEGER NOT NULL,
    unlisted_eligible INTEGER NOT NULL,
    unlisted_ineligible INTEGER NOT NULL,
    listed_eligible_families INTEGER NOT NULL,
    listed_ineligible_families INTEGER NOT NULL,
    unlisted_eligible_families INTEGER NOT NULL,
    unlisted_ineligible_families INTEGER NOT NULL
) STRICT;

-- People and families per region and decile, whatever the programme.
CREATE TABLE IF NOT EXISTS decile_count (
    region INTEGER NOT NULL,
    decile INTEGER NOT NULL,
    people INTEGER NOT NULL,
    families INTEGER NOT NULL
) STRICT;

-- Where a value came from: the numbers that the `_from` columns of a family's body hold.
CREATE TABLE IF NOT EXISTS provenance (
    provenance INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    observed_date INTEGER
) STRICT;
