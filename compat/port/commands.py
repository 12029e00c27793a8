"""Commands of ``app.cli``: Flask runs each of them in an application context, Quart those that ask for it."""

from __future__ import annotations

from .inference import Inference
from .program import Function, FunctionValue

_RUNS_TESTS = ("pytest.main", "unittest.TextTestRunner", "unittest.main")


def runs_tests(inference: Inference, function: Function) -> bool:
    """Whether the command runs tests: they enter contexts and run event loops themselves, which a context prevents."""
    return any(
        name.startswith(_RUNS_TESTS)
        for call in function.module.calls
        if function.module.scopes[call].owner is function
        for name in inference.externals(call.func, function.module.scopes[call])
    )


def find_given(inference: Inference) -> set[Function]:
    """The functions that ``app.cli.add_command(...)`` is given."""
    return {
        value.function
        for module in inference.modules
        for call in module.calls
        if "quart.Quart.cli.add_command" in inference.externals(call.func, module.scopes[call])
        for arg in call.args
        for value in inference.evaluate(arg.value, module.scopes[call])
        if isinstance(value, FunctionValue) and not value.bound
    }
