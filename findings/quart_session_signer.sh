#!/usr/bin/env bash
# quart-session 3.0.0: with SESSION_USE_SIGNER every response that saves a session is 500.
#
# Versions:   quart-session 3.0.0, redis 7.1.0 (the client), Quart 0.22.0; a Redis server of the machine
# Behaviour:  SESSION_USE_SIGNER=True is a documented setting: the session's id in the cookie is signed. A response after
#             the session was written is 500 with it, and 200 without.
# Seen:       SESSION_USE_SIGNER=False: 200
#             SESSION_USE_SIGNER=True: 500
set -euo pipefail
command -v redis-server >/dev/null || {
    echo "It needs redis-server (Debian's package of that name)."
    exit 2
}
folder=$(mktemp -d)
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check quart-session==3.0.0 redis==7.1.0 quart==0.22.0
redis-server --port 0 --unixsocket "$folder/redis.sock" --save "" --dir "$folder" >/dev/null &
server=$!
trap 'kill $server; wait $server || true; rm -rf "$folder"' EXIT
until [[ -S $folder/redis.sock ]]; do sleep 0.1; done

cat >"$folder/program.py" <<'PROGRAM'
import asyncio
import logging
import sys

import redis.asyncio
from quart import Quart, session
from quart_session import Session

logging.disable(logging.CRITICAL)


async def main():
    for signed in (False, True):
        app = Quart(__name__)
        app.config.update(
            SECRET_KEY="x",
            SESSION_TYPE="redis",
            SESSION_REDIS=redis.asyncio.Redis(unix_socket_path=sys.argv[1]),
            SESSION_USE_SIGNER=signed,
        )
        Session(app)

        @app.get("/")
        async def view():
            session["seen"] = 1
            return "seen"

        async with app.test_app():
            response = await app.test_client().get("/")
        print(f"SESSION_USE_SIGNER={signed}: {response.status_code}")


asyncio.run(main())
PROGRAM

seen=$("$folder/venv/bin/python" "$folder/program.py" "$folder/redis.sock")
expected=$'SESSION_USE_SIGNER=False: 200\nSESSION_USE_SIGNER=True: 500'
if [[ $seen != "$expected" ]]; then
    printf 'This has changed. Seen now:\n%s\n' "$seen"
    exit 1
fi
echo "As described."
