#!/usr/bin/env bash
# Dash 4.4.1: a second Dash application on the same Quart server cannot be made, while it can on Flask.
#
# Versions:   dash 4.4.1, Quart 0.22.0, Flask 3.1.3
# Behaviour:  Several Dash(server=server, url_base_pathname=...) on one server work on Flask. On Quart the second raises
#             AssertionError, because each registers its websocket with the same endpoint, "websocket_handler".
# Seen:       Flask: 2 applications
#             Quart: View function mapping is overwriting an existing endpoint function: websocket_handler
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "dash[quart]==4.4.1" quart==0.22.0 flask==3.1.3
seen=$("$folder/venv/bin/python" -W ignore - <<'PROGRAM'
import dash
import flask
import quart

for kind in (flask.Flask, quart.Quart):
    server = kind("server")
    try:
        made = [dash.Dash(name, server=server, url_base_pathname=f"/{name}/") for name in ("a", "b")]
        print(f"{kind.__name__}: {len(made)} applications")
    except AssertionError as error:
        print(f"{kind.__name__}: {error}")
PROGRAM
)
expected='Flask: 2 applications
Quart: View function mapping is overwriting an existing endpoint function: websocket_handler'
if [[ $seen != "$expected" ]]; then
    printf 'This has changed. Seen now:\n%s\n' "$seen"
    exit 1
fi
echo "As described."
