#!/usr/bin/env bash
# aiosmtplib 5.1.3: the answer 421 to AUTH is lost if the server offers a second method.
#
# Versions:   aiosmtplib 5.1.3
# Behaviour:  RFC 5321 (3.8) lets a server answer any command with 421 and close, as providers do after too many logins.
#             login() tries the next method of AUTH after a refusal. After a 421 the connection is closed, and what is
#             raised is SMTPServerDisconnected('Server not connected') without code or text: the server's reason is lost.
#             With one method offered it is SMTPAuthenticationError with both.
# Seen:       PLAIN: SMTPAuthenticationError(421, '4.7.0 Too many logins')
#             PLAIN LOGIN: SMTPServerDisconnected('Server not connected')
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiosmtplib==5.1.3

cat >"$folder/program.py" <<'PROGRAM'
import asyncio

from aiosmtplib import SMTP, SMTPException


async def log_in(methods):
    """The error of a login at a server that offers these methods and has had too many logins."""

    async def serve(reader, writer):
        writer.write(b"220 mail.example.com\r\n")
        while command := await reader.readline():
            if command.startswith(b"AUTH"):
                writer.write(b"421 4.7.0 Too many logins\r\n")
                break
            writer.write(f"250-mail.example.com\r\n250 AUTH {methods}\r\n".encode())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = SMTP(hostname="127.0.0.1", port=port, start_tls=False)
    await client.connect()
    try:
        await client.login("ann", "secret")
    except SMTPException as error:
        print(f"{methods}: {error!r}")
    client.close()
    server.close()


asyncio.run(log_in("PLAIN"))
asyncio.run(log_in("PLAIN LOGIN"))
PROGRAM

seen=$("$folder/venv/bin/python" "$folder/program.py" 2>"$folder/errors" || cat "$folder/errors")
expected=$'PLAIN: SMTPAuthenticationError(421, \'4.7.0 Too many logins\')\nPLAIN LOGIN: SMTPServerDisconnected(\'Server not connected\')'
if [[ $seen != "$expected" ]]; then
    printf 'This has changed. Seen now:\n%s\n' "$seen"
    exit 1
fi
echo "As described."
