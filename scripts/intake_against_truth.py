#!/usr/bin/env python3
"""Compares what intake quarantined with what `padan synth` broke: every broken row, and no other.

usage: intake_against_truth.py SYNTH_DIR INTAKE_OUT   (needs pyarrow)
"""
import sys

import pyarrow.compute as pc
import pyarrow.parquet as pq

BROKEN = 131_072  # docs/DELIVERIES.md, "The errors"


def rows(table):
    """The table's rows as (source, delivery, line)."""
    return set(zip(*(table[c].to_pylist() for c in ("source", "delivery", "line"))))


def main():
    synth, out = sys.argv[1:3]
    truth = pq.read_table(f"{synth}/truth/records.parquet")
    findings = pq.read_table(f"{out}/findings.parquet")
    broken = rows(truth.filter(pc.not_equal(pc.bit_wise_and(truth["damage"], BROKEN), 0)))
    bad = rows(findings.filter(pc.equal(findings["severity"], 1)))
    print(f"{truth.num_rows} rows, {len(broken)} broken, {len(bad)} quarantined")
    print(f"broken but taken in: {len(broken - bad)}; sound but quarantined: {len(bad - broken)}")
    sys.exit(broken != bad)


if __name__ == "__main__":
    main()
