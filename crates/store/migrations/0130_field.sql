-- Ground checks: devices, campaigns, visits, submissions as they came, photos, doubts.
CREATE TABLE IF NOT EXISTS field_device (
    device_id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    name TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    made_at INTEGER NOT NULL,
    seen_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS field_device_account ON field_device (account);

CREATE TABLE IF NOT EXISTS field_campaign (
    campaign_id INTEGER PRIMARY KEY,
    client_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    template TEXT NOT NULL,
    region INTEGER NOT NULL,
    queue TEXT NOT NULL,
    opened_on INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    per_assistant INTEGER NOT NULL,
    back_check_permille INTEGER NOT NULL,
    made_by INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    closed_at INTEGER
) STRICT;

-- One visit to be made. back = 1: a blind second visit by another assistant.
CREATE TABLE IF NOT EXISTS field_visit (
    entity TEXT PRIMARY KEY,
    campaign_id INTEGER NOT NULL REFERENCES field_campaign (campaign_id),
    family_id INTEGER NOT NULL,
    back INTEGER NOT NULL,
    village INTEGER NOT NULL,
    account INTEGER,
    place INTEGER NOT NULL,
    result INTEGER,
    instance_id TEXT,
    done_on INTEGER,
    minutes INTEGER,
    UNIQUE (campaign_id, family_id, back)
) STRICT;
CREATE INDEX IF NOT EXISTS field_visit_account ON field_visit (account, campaign_id, place);
CREATE INDEX IF NOT EXISTS field_visit_village ON field_visit (campaign_id, village);
CREATE INDEX IF NOT EXISTS field_visit_family ON field_visit (family_id);

-- A filled form as it came. The instance id is the key under which sending twice has one effect.
CREATE TABLE IF NOT EXISTS field_submission (
    instance_id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    xml_sha256 TEXT NOT NULL,
    form_version TEXT NOT NULL,
    entity TEXT NOT NULL,
    account INTEGER NOT NULL,
    device_id INTEGER NOT NULL,
    replaces TEXT,
    body BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('parts', 'waiting', 'ready', 'review', 'done', 'replaced', 'refused')),
    received_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    latitude REAL,
    longitude REAL,
    ticket TEXT,
    processed_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS field_submission_state ON field_submission (state, number);
CREATE INDEX IF NOT EXISTS field_submission_account ON field_submission (account, started_at);
CREATE INDEX IF NOT EXISTS field_submission_entity ON field_submission (entity);

CREATE TABLE IF NOT EXISTS field_attachment (
    instance_id TEXT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    body BLOB NOT NULL,
    clean INTEGER NOT NULL,
    dhash BLOB,
    PRIMARY KEY (instance_id, name, sha256)
) STRICT;

-- The four quarters of a photo's hash: hashes that differ in at most three bits share one.
CREATE TABLE IF NOT EXISTS field_photo_band (
    band INTEGER NOT NULL,
    quarter INTEGER NOT NULL,
    instance_id TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (band, quarter, instance_id, name)
) STRICT;

-- The same instance id with other contents: kept, and put to somebody to decide.
CREATE TABLE IF NOT EXISTS field_conflict (
    instance_id TEXT NOT NULL,
    xml_sha256 TEXT NOT NULL,
    account INTEGER NOT NULL,
    device_id INTEGER NOT NULL,
    body BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    decision TEXT,
    decided_by INTEGER,
    decided_at INTEGER,
    PRIMARY KEY (instance_id, xml_sha256)
) STRICT;

-- Doubts about a submission, for somebody to look at.
CREATE TABLE IF NOT EXISTS field_doubt (
    instance_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    found_at INTEGER NOT NULL,
    PRIMARY KEY (instance_id, kind)
) STRICT;

-- What was decided about a submission with doubts.
CREATE TABLE IF NOT EXISTS field_review (
    instance_id TEXT PRIMARY KEY,
    decision TEXT NOT NULL,
    reason BLOB NOT NULL,
    account INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;

-- Answers of a family visit, value by value, for agreement and merging.
CREATE TABLE IF NOT EXISTS field_answer (
    entity TEXT NOT NULL,
    path TEXT NOT NULL,
    value TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    PRIMARY KEY (entity, path)
) STRICT;
