#!/usr/bin/env bash
# quart-wtforms 1.0.3: Form.create_form() drops the form data that it is given.
#
# Versions:   quart-wtforms 1.0.3, Quart 0.22.0, WTForms 3.2.1
# Behaviour:  create_form(formdata) is documented to make the form of that data. It makes an empty form instead:
#             everything but "what was submitted" is replaced by None. So a form of a query string, such as a search
#             form (Flask-WTF: SearchForm(request.args)), is always empty.
# Seen:       given: None
#             constructor: susan
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check quart-wtforms==1.0.3 quart==0.22.0 wtforms==3.2.1

cat >"$folder/program.py" <<'PROGRAM'
import asyncio

from quart import Quart, request
from quart_wtf import QuartForm
from wtforms import StringField

app = Quart(__name__)
app.config.update(SECRET_KEY="x", WTF_CSRF_ENABLED=False)


class Search(QuartForm):
    name = StringField()


async def main():
    async with app.test_request_context("/?name=susan"):
        print("given:", (await Search.create_form(request.args)).name.data)
        print("constructor:", Search(request.args).name.data)


asyncio.run(main())
PROGRAM

seen=$("$folder/venv/bin/python" "$folder/program.py")
expected=$'given: None\nconstructor: susan'
if [[ $seen != "$expected" ]]; then
    printf 'This has changed. Seen now:\n%s\n' "$seen"
    exit 1
fi
echo "As described."
