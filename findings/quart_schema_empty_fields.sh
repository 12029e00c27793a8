#!/usr/bin/env bash
# quart-schema 0.25.0: a license and a contact put nulls into the OpenAPI document, which OpenAPI forbids.
#
# Versions:   quart-schema 0.25.0, pydantic 2.14.4, Quart 0.22.0
# Behaviour:  Info(license=..., contact=...) are documented. OpenAPI 3.1 makes `identifier`, `url` and `email` texts that
#             may be left out; a validator refuses null there. The fields of Info itself that are None are left out.
# Seen:       contact: {"email": null, "name": "ops", "url": null}
#             license: {"identifier": null, "name": "MIT", "url": "https://example.com/mit"}
#             info: contact, license, title, version
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check quart-schema==0.25.0 pydantic==2.14.4 quart==0.22.0

cat >"$folder/program.py" <<'PROGRAM'
import asyncio
import json

from quart import Quart
from quart_schema import Contact, Info, License, QuartSchema

app = Quart(__name__)
license = License("MIT", url="https://example.com/mit")
QuartSchema(app, info=Info("Shop", "1", license=license, contact=Contact(name="ops")))


async def main():
    response = await app.test_client().get("/openapi.json")
    info = (await response.get_json())["info"]
    for name in ("contact", "license"):
        print(f"{name}: {json.dumps(info[name], sort_keys=True)}")
    print(f"info: {', '.join(sorted(info))}")


asyncio.run(main())
PROGRAM

seen=$("$folder/venv/bin/python" "$folder/program.py")
expected='contact: {"email": null, "name": "ops", "url": null}
license: {"identifier": null, "name": "MIT", "url": "https://example.com/mit"}
info: contact, license, title, version'
if [[ $seen != "$expected" ]]; then
    printf 'This has changed. Seen now:\n%s\n' "$seen"
    exit 1
fi
echo "As described."
