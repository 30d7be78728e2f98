-- Everybody who meets every rule of a programme but its cut, by regency, place in the order of need
-- (priority, step of 500), decile and roll: what the simulator fills seats from.
CREATE TABLE IF NOT EXISTS simulation_cell (
    programme TEXT NOT NULL,
    region INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    decile INTEGER NOT NULL,
    step INTEGER NOT NULL,
    listed INTEGER NOT NULL,
    units INTEGER NOT NULL,
    size_1_2 INTEGER NOT NULL,
    size_3_4 INTEGER NOT NULL,
    size_5_6 INTEGER NOT NULL,
    size_7_up INTEGER NOT NULL,
    women INTEGER NOT NULL,
    old INTEGER NOT NULL,
    amount_year INTEGER NOT NULL,
    within_thousandths INTEGER NOT NULL
) STRICT;
