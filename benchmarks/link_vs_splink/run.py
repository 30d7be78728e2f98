"""`padan link` and Splink 5 + DuckDB side by side on one machine: same file, same fields, same truth.

    python3 benchmarks/link_vs_splink/run.py --data DIR [--set febrl3|orang] [--file FILE] [--link PROGRAM]

DIR holds dataset3.csv and orang_100k.parquet; --file takes another file of the same columns (for
`--set orang` one of `target/release/examples/orang --records 1000000 --out FILE`). Splink is installed from PyPI into a virtual
environment beside this file (.venv) at the first run. PROGRAM defaults to the example binary
`target/release/examples/link`; with the whole program write `--link "padan link"`.

Splink's settings are those its documentation recommends (u by random sampling, m by EM per blocking
rule, term frequencies on names); padan's are the recipe of docs/guide/link.md. Both stand below.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VENV = HERE / ".venv"

FEBRL_FIELDS = ["given_name", "surname", "date_of_birth", "soc_sec_id", "street_number", "address_1", "suburb", "postcode", "state"]
FEBRL_RULES = [["soc_sec_id"], ["given_name", "surname"], ["given_name", "date_of_birth"], ["surname", "date_of_birth"], ["surname", "postcode"], ["given_name", "postcode"], ["date_of_birth", "postcode"], ["street_number", "postcode"], ["street_number", "address_1"], ["date_of_birth", "suburb"], ["date_of_birth"]]
ORANG_RULES = [["nik"], ["nama", "tgl_lahir"], ["tgl_lahir", "no_kk"], ["nama", "no_kk"], ["tgl_lahir", "kode_desa", "jk"], ["nama", "nama_ibu"], ["nama", "kode_desa"], ["nama_ibu", "tgl_lahir"]]

PADAN_FEBRL = [("given_name", "jaro_winkler", True), ("surname", "jaro_winkler", True), ("date_of_birth", "date", False), ("soc_sec_id", "damerau_levenshtein", False), ("street_number", "damerau_levenshtein", False), ("address_1", "jaro_winkler", True), ("suburb", "jaro_winkler", True), ("postcode", "damerau_levenshtein", False), ("state", "exact", False)]
PADAN_ORANG = [("nama", "name", True), ("tgl_lahir", "date", False), ("nik", "damerau_levenshtein", False), ("jk", "exact", False), ("kode_desa", "exact", True), ("no_kk", "damerau_levenshtein", False), ("nama_ibu", "name", True)]
HOUSEHOLD = {"kode_desa", "no_kk", "nama_ibu"}


def padan_spec(path, id_column, rules, compares, names):
    lines = ['mode = "dedupe"', "[names]", 'convention = "%s"' % names, "[[input]]", 'name = "x"', "path = %s" % json.dumps(str(path)), 'id = "%s"' % id_column]
    for rule in rules:
        lines += ["[[block]]", "keys = %s" % json.dumps(rule)]
    for column, method, tf in compares:
        lines += ["[[compare]]", 'column = "%s"' % column, 'method = "%s"' % method]
        lines += ["term_frequency = true"] if tf else []
        lines += ["household = true"] if column in HOUSEHOLD else []
    return "\n".join(lines)


def splink_settings(name, rules):
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    tf = lambda c: cl.JaroWinklerAtThresholds(c, [0.95, 0.88, 0.75]).configure(term_frequency_adjustments=True)
    if name == "febrl3":
        comparisons = [tf("given_name"), tf("surname"), cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]), cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]), cl.DamerauLevenshteinAtThresholds("street_number", [1, 2]), tf("address_1"), tf("suburb"), cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]), cl.ExactMatch("state")]
    else:
        comparisons = [tf("nama"), cl.DamerauLevenshteinAtThresholds("tgl_lahir", [1, 2]), cl.DamerauLevenshteinAtThresholds("nik", [1, 2]), cl.ExactMatch("jk"), cl.ExactMatch("kode_desa").configure(term_frequency_adjustments=True), cl.DamerauLevenshteinAtThresholds("no_kk", [1, 2]), tf("nama_ibu")]
    return SettingsCreator(link_type="dedupe_only", unique_id_column_name="id", comparisons=comparisons, blocking_rules_to_generate_predictions=[block_on(*r) for r in rules])


def run_splink(name, frame, rules):
    from splink import Linker, block_on
    from splink.internals.duckdb.database_api import DuckDBAPI

    began = time.perf_counter()
    api = DuckDBAPI()
    linker = Linker(api.register(frame), splink_settings(name, rules), log_level=40)
    linker.training.estimate_probability_two_random_records_match([block_on(*rules[0]), block_on(*rules[1])], recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e7)
    for rule in rules[1:4]:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    pairs = linker.inference.predict(threshold_match_probability=0.001)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, 0.95)
    seconds = time.perf_counter() - began
    p = pairs.as_pandas_dataframe()
    c = clusters.as_pandas_dataframe()
    return seconds, p[["id_l", "id_r", "match_probability"]].values.tolist(), c[["id", "cluster_id"]].values.tolist()


def run_padan(program, path, id_column, rules, compares, names):
    import pandas as pd

    with tempfile.TemporaryDirectory() as folder:
        spec = pathlib.Path(folder) / "spec.toml"
        spec.write_text(padan_spec(path, id_column, rules, compares, names))
        began = time.perf_counter()
        subprocess.run(program + [str(spec), "--out", folder + "/out"], check=True, capture_output=True)
        seconds = time.perf_counter() - began
        p = pd.read_parquet(folder + "/out/pairs.parquet")
        c = pd.read_parquet(folder + "/out/clusters.parquet")
        report = json.loads(pathlib.Path(folder, "out", "report.json").read_text())
    return seconds, p[["left_id", "right_id", "match_probability"]].values.tolist(), c[["id", "cluster_id"]].values.tolist(), report


def choose2(counts):
    return sum(n * (n - 1) // 2 for n in counts.values())


def count(keys):
    counts = {}
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    return counts


def f1(right, found, total):
    p, r = right / max(found, 1), right / max(total, 1)
    return "P %.5f R %.5f F1 %.5f" % (p, r, 2 * p * r / max(p + r, 1e-12))


def judge(label, seconds, pairs, clusters, truth):
    total = choose2(count(truth.values()))
    rows = sorted(((p, truth[str(a)] == truth[str(b)]) for a, b, p in pairs), reverse=True)
    print("%s: %.2f s" % (label, seconds))
    for bound in (0.95, 0.5):
        kept = [same for p, same in rows if p >= bound]
        print("  pairs at %.2f   %s" % (bound, f1(sum(kept), len(kept), total)))
    right, best = 0, (0.0, 0, 0)
    for at, (_, same) in enumerate(rows, 1):
        right += same
        best = max(best, (2 * right / (at + total), right, at))
    print("  best threshold  %s" % f1(best[1], best[2], total))
    found = choose2(count(c for _, c in clusters))
    right = choose2(count((c, truth[str(i)]) for i, c in clusters))
    print("  clusters        %s, largest %d" % (f1(right, found, total), max(count(c for _, c in clusters).values())))


def work(args):
    import pandas as pd

    program = args.link.split()
    if args.set == "febrl3":
        path = pathlib.Path(args.file or pathlib.Path(args.data) / "dataset3.csv")
        frame = pd.read_csv(path, dtype=str, skipinitialspace=True).rename(columns={"rec_id": "id"})
        truth = {i: i.split("-")[1] for i in frame["id"]}
        rules, compares, id_column, names = FEBRL_RULES, PADAN_FEBRL, "rec_id", "latin"
        frame = frame[["id"] + FEBRL_FIELDS]
    else:
        path = pathlib.Path(args.file or pathlib.Path(args.data) / "orang_100k.parquet")
        frame = pd.read_parquet(path).rename(columns={"rec_id": "id"})
        frame["id"] = frame["id"].astype(str)
        truth = dict(zip(frame["id"], frame["person_id"]))
        rules, compares, id_column, names = ORANG_RULES, PADAN_ORANG, "rec_id", "indonesian"
        frame = frame.drop(columns=["person_id"])
    seconds, pairs, clusters, report = run_padan(program, path.resolve(), id_column, rules, compares, names)
    judge("padan link (%d pairs)" % report["comparisons_made"], seconds, pairs, clusters, truth)
    seconds, pairs, clusters = run_splink(args.set, frame, rules)
    judge("Splink 5 + DuckDB", seconds, pairs, clusters, truth)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=".")
    parser.add_argument("--file")
    parser.add_argument("--set", default="febrl3", choices=["febrl3", "orang"])
    parser.add_argument("--link", default=str(ROOT / "target/release/examples/link"))
    args = parser.parse_args()
    try:
        import pandas  # noqa: F401
        import splink  # noqa: F401
    except ImportError:
        python = VENV / "bin/python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
            subprocess.run([str(python), "-m", "pip", "-q", "install", "splink>=5,<6", "pandas", "pyarrow"], check=True)
        sys.exit(subprocess.run([str(python), __file__] + sys.argv[1:]).returncode)
    work(args)


main()
