#!/usr/bin/env bash
# Quart 0.22.0: its test client fails for an ASGI response that leaves "body" out, which the server sends.
#
# Versions:   Quart 0.22.0, Hypercorn 0.18.0
# Behaviour:  ASGI's http.response.body has "body", "Optional; if missing defaults to b''". A server such as
#             Hypercorn accepts the message without it; Quart's test client raises KeyError: 'body'. It is met with ASGI
#             middleware around asgi_app that answers itself, such as one that redirects.
# Seen:       hypercorn: 204
#             test client: KeyError('body')
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check quart==0.22.0 hypercorn==0.18.0
seen=$("$folder/venv/bin/python" -W ignore - <<'PROGRAM'
import asyncio
import socket
import urllib.request

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart

app = Quart("app")


async def middleware(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


app.asgi_app = middleware


async def main():
    listener = socket.create_server(("127.0.0.1", 0))
    config, stop = Config(), asyncio.Event()
    config.bind, config.loglevel = [f"fd://{listener.fileno()}"], "CRITICAL"
    server = asyncio.create_task(serve(middleware, config, shutdown_trigger=stop.wait))
    url = "http://127.0.0.1:{}/".format(listener.getsockname()[1])
    response = await asyncio.to_thread(urllib.request.urlopen, url)  # waits in the backlog until it is served
    print("hypercorn:", response.status)
    stop.set()
    await server
    try:
        print("test client:", (await app.test_client().get("/")).status_code)
    except KeyError as error:
        print("test client:", repr(error))


asyncio.run(main())
PROGRAM
)
expected="hypercorn: 204
test client: KeyError('body')"
if [[ $seen != "$expected" ]]; then
    printf 'This has changed. Seen now:\n%s\n' "$seen"
    exit 1
fi
echo "As described."
