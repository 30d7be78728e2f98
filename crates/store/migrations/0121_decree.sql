-- Cover of the health insurance by edition, decrees that end it, and the way back of each person.
-- No names and no identity numbers: persons, families and villages by their numbers.
-- segment: 0 none, 1 PBI-JK, 2 PBPU Pemda, 3 PPU, 4 self-paid. marks and hold: bits, see casework::decree.
CREATE TABLE IF NOT EXISTS cover_roll (
    edition INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    family_id INTEGER NOT NULL,
    village INTEGER NOT NULL,
    decile INTEGER NOT NULL,
    segment INTEGER NOT NULL,
    marks INTEGER NOT NULL,
    hold INTEGER NOT NULL,
    PRIMARY KEY (edition, person_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE IF NOT EXISTS decree (
    decree_id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    edition INTEGER NOT NULL,
    rule TEXT NOT NULL,
    list_sha256 TEXT NOT NULL,
    people INTEGER NOT NULL,
    notice_on INTEGER NOT NULL,
    effective_on INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'noticed', 'effective')),
    made_at INTEGER NOT NULL,
    noticed_at INTEGER,
    effective_at INTEGER
) STRICT;

-- stage: 0 listed, 1 cut off, 2 aware, 3 applied, 4 in review, 5 active again, 6 refused.
-- scheme: how they are covered again, as cover_roll.segment. Days since 1970.
CREATE TABLE IF NOT EXISTS decree_person (
    decree_id TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    family_id INTEGER NOT NULL,
    village INTEGER NOT NULL,
    decile INTEGER NOT NULL,
    ground INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    scheme INTEGER NOT NULL,
    aware_on INTEGER NOT NULL,
    applied_on INTEGER NOT NULL,
    ended_on INTEGER NOT NULL,
    case_id INTEGER NOT NULL,
    covered_until INTEGER NOT NULL,
    fix_due INTEGER NOT NULL,
    PRIMARY KEY (decree_id, person_id)
) WITHOUT ROWID, STRICT;
CREATE INDEX IF NOT EXISTS decree_person_person ON decree_person (person_id);
CREATE INDEX IF NOT EXISTS decree_person_village ON decree_person (village, stage, decile);

-- The funnel's figures, kept with every change: pages never count people.
CREATE TABLE IF NOT EXISTS decree_count (
    decree_id TEXT NOT NULL,
    village INTEGER NOT NULL,
    decile INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    scheme INTEGER NOT NULL,
    applied_on INTEGER NOT NULL,
    ended_on INTEGER NOT NULL,
    people INTEGER NOT NULL,
    PRIMARY KEY (decree_id, village, decile, stage, scheme, applied_on, ended_on)
) WITHOUT ROWID, STRICT;

-- Papers of the way back: what was checked, by whom; the paper itself is evidence of the case.
CREATE TABLE IF NOT EXISTS cover_switch (
    switch_id TEXT PRIMARY KEY,
    decree_id TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    scheme INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    evidence_sha256 TEXT NOT NULL,
    account INTEGER NOT NULL,
    at INTEGER NOT NULL,
    seq INTEGER NOT NULL
) STRICT;
