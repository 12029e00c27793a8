"""Commands of ``app.cli``: Flask runs each of them in an application context, Quart those that ask for it."""

from __future__ import annotations

from .inference import Inference
from .program import Function

_RUNS_TESTS = ("pytest.main", "unittest.TextTestRunner", "unittest.main")


def runs_tests(inference: Inference, function: Function) -> bool:
    """Whether the command runs tests: they enter contexts and run event loops themselves, which a context prevents."""
    return any(
        name.startswith(_RUNS_TESTS)
        for call in function.module.calls
        if function.module.scopes[call].owner is function
        for name in inference.externals(call.func, function.module.scopes[call])
    )
