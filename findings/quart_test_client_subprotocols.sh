#!/usr/bin/env bash
# Quart 0.22: QuartClient.websocket(subprotocols=...) does not hand the subprotocols to the application.
#
# Versions:   Quart 0.22.0
# Behaviour:  the test client's websocket() has a parameter for subprotocols, by which browsers often send a token, as
#             they can set no header. The scope that the application gets has none. The same list in scope_base arrives.
# Seen:       subprotocols: []
#             scope_base: ['bearer', 'token']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check quart==0.22.0

cat >"$folder/program.py" <<'PROGRAM'
import asyncio

from quart import Quart, websocket

app = Quart(__name__)
wanted = ["bearer", "token"]


@app.websocket("/")
async def view():
    await websocket.send(str(websocket.requested_subprotocols))


async def main():
    client = app.test_client()
    for name, arguments in {
        "subprotocols": {"subprotocols": wanted},
        "scope_base": {"scope_base": {"subprotocols": wanted}},
    }.items():
        async with client.websocket("/", **arguments) as connection:
            print(f"{name}:", await connection.receive())


asyncio.run(main())
PROGRAM

seen=$("$folder/venv/bin/python" "$folder/program.py")
expected=$'subprotocols: []\nscope_base: [\'bearer\', \'token\']'
if [[ $seen != "$expected" ]]; then
    printf 'This has changed. Seen now:\n%s\n' "$seen"
    exit 1
fi
echo "As described."
