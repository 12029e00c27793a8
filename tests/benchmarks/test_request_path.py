"""The files that a request passes."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks import request_path

_OF_CHANGES = {f"quart_app/defences/{name}.py" for name in ("cross_site", "csrf", "rate_limits")}


def test_paths_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """``python -m benchmarks.request_path`` prints the files of each request; a page passes no check of changes."""
    asyncio.run(request_path.main())
    found: list[tuple[str, dict[str, int]]] = []
    for line in capsys.readouterr().out.splitlines():
        if not line.startswith(" "):
            found.append((line.partition(": ")[2], {}))
            continue
        times, file = line.split()
        found[-1][1][file] = int(times)
        assert (request_path.ROOT / file).is_file()
    for totals, passed in found:
        assert totals == f"{len(passed)} files, {sum(passed.values())} changes of file"
    login, page, remembered, websocket = (passed for _, passed in found)
    assert login.keys() >= _OF_CHANGES | {"quart_app/pages/login.py", "quart_app/sessions/creation.py"}
    for passed in (page, remembered):
        assert "quart_app/sessions/lookup.py" in passed
        assert passed.keys().isdisjoint({*_OF_CHANGES, "quart_app/sessions/bearer.py"})
    assert "compat/remember_cookie.py" in remembered.keys() - page.keys()
    assert "quart_app/errors/pages.py" in websocket
