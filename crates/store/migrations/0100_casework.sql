-- Reports, cases, decisions, corrections, the outbox, the read log.
-- `subject` names whom a case is about: `F<family id>`, or `N<hex of a blind index>` for people who are not
-- in the registry. What people wrote is sealed (AES-256-GCM-SIV) for its table, column and row.
CREATE TABLE IF NOT EXISTS counter (
    name TEXT PRIMARY KEY,
    next INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS work_case (
    case_id INTEGER PRIMARY KEY,
    ticket TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    village INTEGER NOT NULL,
    subject TEXT NOT NULL,
    family_id INTEGER,
    person_id INTEGER,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'sealed')),
    step TEXT NOT NULL,
    holder TEXT NOT NULL,
    taken_by TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    step_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    law_due_at INTEGER NOT NULL,
    escalations INTEGER NOT NULL,
    urgent INTEGER NOT NULL,
    outcome TEXT,
    closed_at INTEGER,
    decided_by INTEGER,
    decided_role TEXT,
    appealed INTEGER NOT NULL,
    events INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS work_case_due ON work_case (state, due_at);
CREATE INDEX IF NOT EXISTS work_case_village ON work_case (village, state, due_at);
CREATE INDEX IF NOT EXISTS work_case_subject ON work_case (subject);

-- What an open case is about: one claim by many doors is one case.
CREATE TABLE IF NOT EXISTS case_topic (
    subject TEXT NOT NULL,
    topic TEXT NOT NULL,
    case_id INTEGER NOT NULL REFERENCES work_case (case_id),
    PRIMARY KEY (subject, topic)
) STRICT;
CREATE INDEX IF NOT EXISTS case_topic_case ON case_topic (case_id);

CREATE TABLE IF NOT EXISTS report (
    report_id TEXT PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES work_case (case_id),
    channel TEXT NOT NULL,
    account INTEGER NOT NULL,
    reporter BLOB NOT NULL,
    source TEXT NOT NULL,
    confidential INTEGER NOT NULL,
    flooded INTEGER NOT NULL,
    body BLOB NOT NULL,
    follow_hash BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    seq INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS report_case ON report (case_id);
CREATE INDEX IF NOT EXISTS report_account ON report (account);

CREATE TABLE IF NOT EXISTS evidence (
    evidence_id INTEGER PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES work_case (case_id),
    kind TEXT NOT NULL,
    media TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    body BLOB NOT NULL,
    note BLOB NOT NULL,
    account INTEGER NOT NULL,
    role TEXT NOT NULL,
    added_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS evidence_case ON evidence (case_id);

CREATE TABLE IF NOT EXISTS case_event (
    case_id INTEGER NOT NULL REFERENCES work_case (case_id),
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    account INTEGER NOT NULL,
    role TEXT NOT NULL,
    step TEXT NOT NULL,
    next_step TEXT NOT NULL,
    decision TEXT,
    reason BLOB,
    due_at INTEGER,
    seq INTEGER NOT NULL,
    PRIMARY KEY (case_id, number)
) STRICT;

CREATE TABLE IF NOT EXISTS correction (
    correction_id INTEGER PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES work_case (case_id),
    effect TEXT NOT NULL,
    family_id INTEGER,
    person_id INTEGER,
    village INTEGER NOT NULL,
    variable TEXT NOT NULL,
    value TEXT NOT NULL,
    evidence TEXT NOT NULL,
    observed_on INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    seq INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS correction_family ON correction (family_id);

CREATE TABLE IF NOT EXISTS command (
    command_id TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    answer TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS source_count (
    source TEXT NOT NULL,
    day INTEGER NOT NULL,
    reports INTEGER NOT NULL,
    PRIMARY KEY (source, day)
) STRICT;

CREATE TABLE IF NOT EXISTS outbox (
    message_id INTEGER PRIMARY KEY,
    idempotency_key TEXT NOT NULL UNIQUE,
    channel TEXT NOT NULL,
    recipient BLOB NOT NULL,
    template TEXT NOT NULL,
    body BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
    attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    sent_at INTEGER,
    error TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (state, next_at);

CREATE TABLE IF NOT EXISTS read_log (
    read_id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    account INTEGER NOT NULL,
    role TEXT NOT NULL,
    purpose TEXT NOT NULL,
    what TEXT NOT NULL,
    family_id INTEGER,
    case_id INTEGER,
    seq INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS read_log_family ON read_log (family_id);

CREATE TABLE IF NOT EXISTS door (
    channel TEXT PRIMARY KEY,
    last_in_at INTEGER,
    last_out_at INTEGER,
    failed_at INTEGER,
    failures INTEGER NOT NULL,
    announced TEXT
) STRICT;

-- Mass actions: two people, a list sealed by its hash.
CREATE TABLE IF NOT EXISTS mass_action (
    action_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    region INTEGER,
    list_sha256 TEXT NOT NULL,
    people INTEGER NOT NULL,
    reason BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'approved', 'refused')),
    proposed_by INTEGER NOT NULL,
    proposed_at INTEGER NOT NULL,
    approved_by INTEGER,
    approved_at INTEGER,
    seq INTEGER NOT NULL
) STRICT;
