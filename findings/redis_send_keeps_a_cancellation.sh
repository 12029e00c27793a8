#!/usr/bin/env bash
# redis-py 8.1.0 with a socket_timeout on Python 3.11: a task that is cancelled while it sends a command goes on.
#
# Versions:   redis 8.1.0 (the client), Python 3.11; a Redis server of the machine
# Behaviour:  With a socket_timeout, its asyncio client sends by asyncio.wait_for. Until Python 3.12 that returns the
#             result of what has just ended instead of raising CancelledError: the cancellation is lost, and the task
#             waits for its next message as if nobody had cancelled it. A stop that cancels the task and awaits it hangs.
#             Without a socket_timeout the same cancellation arrives. It matters to who listens on a channel for long.
# Seen:       socket_timeout=None: lost at steps []
#             socket_timeout=5: lost at steps [1, 2, 3]
set -euo pipefail
command -v redis-server >/dev/null || {
    echo "It needs redis-server (Debian's package of that name)."
    exit 2
}
command -v python3.11 >/dev/null || {
    echo "It needs Python 3.11."
    exit 2
}
folder=$(mktemp -d)
python3.11 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check redis==8.1.0
redis-server --port 0 --unixsocket "$folder/redis.sock" --save "" --dir "$folder" >/dev/null &
server=$!
trap 'kill $server; wait $server || true; rm -rf "$folder"' EXIT
until [[ -S $folder/redis.sock ]]; do sleep 0.1; done

cat >"$folder/program.py" <<'PROGRAM'
import asyncio
import sys

from redis.asyncio import Redis


async def listen(pubsub):
    await pubsub.subscribe("news")
    await asyncio.sleep(60)  # stands for the loop that takes messages


async def is_lost(socket_timeout, steps):
    """Whether a cancellation after so many steps of the event loop leaves the task running."""
    async with Redis(unix_socket_path=sys.argv[1], socket_timeout=socket_timeout) as client, client.pubsub() as pubsub:
        await pubsub.subscribe("other")  # connects
        task = asyncio.create_task(listen(pubsub))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        _, running = await asyncio.wait({task}, timeout=1)
        for task in running:
            task.cancel()
            await asyncio.wait({task})
        return bool(running)


async def main():
    for socket_timeout in (None, 5):
        lost = [steps for steps in range(6) if await is_lost(socket_timeout, steps)]
        print(f"socket_timeout={socket_timeout}: lost at steps {lost}")


asyncio.run(main())
PROGRAM

seen=$("$folder/venv/bin/python" "$folder/program.py" "$folder/redis.sock")
expected=$'socket_timeout=None: lost at steps []\nsocket_timeout=5: lost at steps [1, 2, 3]'
if [[ $seen != "$expected" ]]; then
    printf 'This has changed. Seen now:\n%s\n' "$seen"
    exit 1
fi
echo "As described."
