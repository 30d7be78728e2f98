-- The roll of cover counted per village and kind of person: a rule is simulated over cells, not people.
CREATE TABLE IF NOT EXISTS cover_cell (
    edition INTEGER NOT NULL,
    village INTEGER NOT NULL,
    segment INTEGER NOT NULL,
    decile INTEGER NOT NULL,
    marks INTEGER NOT NULL,
    hold INTEGER NOT NULL,
    people INTEGER NOT NULL,
    PRIMARY KEY (edition, village, segment, decile, marks, hold)
) WITHOUT ROWID, STRICT;
