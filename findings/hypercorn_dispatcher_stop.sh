#!/usr/bin/env bash
# Hypercorn 0.18.0's DispatcherMiddleware on Python 3.12 and later: each stop ends with a CancelledError traceback.
#
# Versions:   Hypercorn 0.18.0, Quart 0.22.0; Python 3.11 beside Python 3.13
# Behaviour:  Hypercorn cancels the lifespan task as soon as "lifespan.shutdown.complete" has arrived. The dispatcher
#             sends that when the last of its applications has, and is still waiting for their tasks to end: a turn of the
#             event loop too late. Until Python 3.11 asyncio.wait_for() took that turn. All applications have shut down by
#             then, and the exit status is 0. Who serves by hypercorn.asyncio.serve() gets the CancelledError.
# Needs:      Python 3.11 as python3.11; Python 3.13 as python3.13, or in the variable PYTHON
# Seen:       3.11: status 0, after_serving ['a', 'b'], CancelledError False
#             3.13: status 0, after_serving ['a', 'b'], CancelledError True
set -euo pipefail
pythons=(python3.11 "${PYTHON:-python3.13}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat >"$folder/two.py" <<'PROGRAM'
from hypercorn.middleware import DispatcherMiddleware
from quart import Quart


def named(name):
    app = Quart(name)

    @app.before_serving
    async def say_so():
        print("started", name, flush=True)

    @app.after_serving
    async def tell():
        print("after_serving", name, flush=True)

    return app


both = DispatcherMiddleware({"/a": named("a"), "/b": named("b")})
PROGRAM

cat >"$folder/program.py" <<'PROGRAM'
import subprocess
import sys

command = [sys.executable, "-m", "hypercorn", "--bind", "127.0.0.1:0", "two:both"]
with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
    for line in server.stdout:
        if "Running on" in line:
            break
    server.terminate()
    rest = server.stdout.read()
ended = sorted(line.split()[1] for line in rest.splitlines() if line.startswith("after_serving"))
version = ".".join(map(str, sys.version_info[:2]))
print(f"{version}: status {server.returncode}, after_serving {ended}, CancelledError {'CancelledError' in rest}")
PROGRAM

seen=$(
    cd "$folder"
    for python in "${pythons[@]}"; do
        "$python" -m venv --clear venv
        venv/bin/pip install --quiet --disable-pip-version-check hypercorn==0.18.0 quart==0.22.0 >&2
        venv/bin/python program.py
    done
)
echo "$seen"
[[ $seen == "3.11: status 0, after_serving ['a', 'b'], CancelledError False
3.13: status 0, after_serving ['a', 'b'], CancelledError True" ]]
