#!/usr/bin/env bash
# Schemathesis over /api/openapi.json of the real server, once as everybody and once per role: no 5xx,
# no status that the document does not name. Bounded: PADAN_API_EXAMPLES per operation (default 8).
# Usage: scripts/drill-api.sh [PADAN] [PORT]
set -euo pipefail
cd "$(dirname "$0")/.."
padan=$(realpath "${1:-target/release/padan}")
port=${2:-18691}
examples=${PADAN_API_EXAMPLES:-8}
roles=${PADAN_API_ROLES:-"village_operator district_officer ministry auditor"}
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check "schemathesis>=4,<5"
"$padan" demo --people 2000 --dir "$work/demo" --port "$port" --config "$PWD/config/id" >"$work/log" 2>&1 &
server=$!
base=http://127.0.0.1:$port
for _ in $(seq 300); do
  curl -fsS "$base/readyz" >/dev/null 2>&1 && break
  kill -0 "$server" 2>/dev/null || { cat "$work/log"; echo "the demo stopped"; exit 1; }
  sleep 0.2
done
# The demo's one-click sign-ins: the number of an account stands beside the name of its role.
token() {
  number=$("$work/venv/bin/python" - "$base" "$1" <<'PY'
import re, sys, urllib.request
from html import unescape
base, role = sys.argv[1:]
order = ["citizen", "village_operator", "field_assistant", "district_officer", "regents_office", "province",
         "ministry", "statistician", "programme_owner", "call_agent", "partner", "auditor", "administrator"]
page = unescape(urllib.request.urlopen(base + "/masuk").read().decode())
print(re.findall(r'name="akun" value="(\d+)"', page)[order.index(role)])
PY
  )
  curl -fsS -o /dev/null -D - -d "akun=$number" "$base/masuk/demo" |
    sed -n 's/^set-cookie: padan_sesi=\([^;]*\);.*/\1/Ip'
}
failed=0
check() { # who, more arguments
  who=$1; shift
  # In a folder of its own: the tool leaves files where it runs.
  (cd "$work" && "$work/venv/bin/st" run "$base/api/openapi.json" --max-examples "$examples" --phases examples,coverage,fuzzing \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
    --generation-database none --request-timeout 10 --seed 1 --no-color "$@") >"$work/$who.txt" 2>&1 ||
    { failed=1; echo "schemathesis as $who:"; tail -n 120 "$work/$who.txt"; }
}
check everybody
for role in $roles; do
  check "$role" --header "Authorization: Bearer $(token "$role")" --include-path-regex '^/api/'
done
if grep -n "panicked" "$work/log"; then failed=1; fi
[ "$failed" = 0 ] || exit 1
echo "schemathesis: everybody and $roles: no 5xx, no undocumented answer"
