"""The steps of the guide that keep logins valid, and that no rewriting does."""

from __future__ import annotations

from collections.abc import Iterator

from . import quart_api as api
from .findings import Complaint, check, todo
from .inference import Inference
from .program import Module, dotted_name

_PROXY_FIX = "werkzeug.middleware.proxy_fix.ProxyFix"


def is_set_up(inference: Inference) -> bool:
    """Whether the project has taken these steps already: it names the setting for cookies of both applications."""
    return any(
        "REMEMBER_COOKIE_ISSUE" in string.value and string.evaluated_value == "REMEMBER_COOKIE_ISSUE"
        for module in inference.modules
        for string in module.strings
    )


def find_steps(module: Module, inference: Inference, *, is_set_up: bool) -> Iterator[Complaint]:
    """The steps that are left, where the login manager is made, and where the proxy is trusted."""
    for call in module.calls:
        names = inference.externals(call.func, module.scopes[call])
        if _PROXY_FIX in names:
            do = "Put Hypercorn's ProxyFixMiddleware around the application that is served"
            if any(dotted_name(arg.keyword) == "x_prefix" for arg in call.args):
                do += "; it knows no prefix: start Hypercorn with `--root-path /prefix`"
            yield todo(call, module.code(call), "it is WSGI middleware", do)
        if api.MANAGER in names and not module.is_of_tests and not is_set_up:
            yield check(call, module.code(call), "logins go on if key, cookies and client addresses stay the same",
                        "See steps 4 and 5 of the guide: keep SECRET_KEY, set REMEMBER_COOKIE_ISSUE while both "
                        "applications run, and add ProxyFixMiddleware behind a proxy")  # fmt: skip
