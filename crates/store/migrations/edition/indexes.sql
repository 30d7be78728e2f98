CREATE INDEX IF NOT EXISTS region_by_parent ON region (parent);
CREATE INDEX IF NOT EXISTS meter_by_region ON meter (region, programme, dimension, key);
CREATE INDEX IF NOT EXISTS decile_count_by_region ON decile_count (region, decile);
CREATE INDEX IF NOT EXISTS simulation_by_programme ON simulation_cell (programme);
