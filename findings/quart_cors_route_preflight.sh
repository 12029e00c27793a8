#!/usr/bin/env bash
# quart-cors 0.8.0 on Quart 0.23: a preflight of a route with route_cors() is answered with 500.
#
# Versions:   quart-cors 0.8.0, Quart 0.23.1 beside Quart 0.22.0
# Behaviour:  route_cors() is the documented way to open one route to another origin. Its preflight (OPTIONS with Origin
#             and Access-Control-Request-Method) is 200 with Access-Control-Allow-Origin on Quart 0.22, and 500 on
#             Quart 0.23. The request itself is answered on both.
# Needs:      Python 3.13 as python3.13, or in the variable PYTHON: Quart 0.23 runs on nothing older
# Seen:       Quart 0.22.0: OPTIONS 200 http://a.test, GET 200 http://a.test
#             Quart 0.23.1: OPTIONS 500 None, GET 200 http://a.test
set -euo pipefail
python=${PYTHON:-python3.13}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat >"$folder/program.py" <<'PROGRAM'
import asyncio
import logging
from importlib.metadata import version

from quart import Quart
from quart_cors import route_cors

app = Quart(__name__)
logging.disable(logging.CRITICAL)


@app.route("/")
@route_cors(allow_origin="http://a.test", allow_methods=["GET"])
async def view():
    return "seen"


async def main():
    client = app.test_client()
    headers = {"Origin": "http://a.test", "Access-Control-Request-Method": "GET"}
    seen = []
    for method in ("OPTIONS", "GET"):
        response = await client.open("/", method=method, headers=headers)
        seen.append(f"{method} {response.status_code} {response.headers.get('Access-Control-Allow-Origin')}")
    print(f"Quart {version('quart')}:", ", ".join(seen))


asyncio.run(main())
PROGRAM

seen=""
for quart in 0.22.0 0.23.1; do
    "$python" -m venv "$folder/$quart"
    "$folder/$quart/bin/pip" install --quiet --disable-pip-version-check quart-cors==0.8.0 quart==$quart
    seen+=$("$folder/$quart/bin/python" "$folder/program.py")$'\n'
done
expected='Quart 0.22.0: OPTIONS 200 http://a.test, GET 200 http://a.test
Quart 0.23.1: OPTIONS 500 None, GET 200 http://a.test
'
if [[ $seen != "$expected" ]]; then
    printf 'This has changed. Seen now:\n%s\n' "$seen"
    exit 1
fi
echo "As described."
