"""What works after the port and may mean something else, and what no rewriting can settle."""

from __future__ import annotations

from collections.abc import Iterator

from .awaits import Awaits
from .blocking import find_blocking
from .bodies import find_bodies, find_json
from .called_elsewhere import find_called_elsewhere, find_overrides
from .contexts import find_contexts, find_loaders
from .dash import Dash
from .decorated import find_decorators, find_objects
from .findings import Complaint
from .loop_calls import LoopCalls
from .off_loop import OffLoop
from .passed_on import PassedOn
from .patches import find_patches
from .program import Module
from .reach import Reach
from .servers import find_wsgi
from .set_up import find_steps, is_set_up
from .strings import find_strings
from .subforms import find_subforms
from .templates import Templates
from .unported import find_unported
from .unresolved import Unresolved
from .users import find_methods_of_users


class Hazards:
    """What to say about a project, apart from what is left over from rewriting it."""

    def __init__(self, awaits: Awaits, templates: Templates) -> None:
        self._awaits = awaits
        self._templates = templates
        self._inference = awaits.inference
        off_loop, reach = OffLoop(awaits), Reach(awaits)
        modules = self._inference.modules
        asynchronous = [each for module in modules for each in module.functions if awaits.is_async(each)]
        on_the_loop = reach.below(each for each in asynchronous if not each.module.is_of_tests)
        roots = (each for each in asynchronous if each in on_the_loop and each not in off_loop.functions)
        self._holding_up = reach.below(roots)
        self._is_set_up = is_set_up(self._inference)
        self._mentioned = {attribute.attr.value for module in modules for attribute in module.attributes}
        self._dash = Dash(awaits)
        self._loop_calls = LoopCalls(awaits, reach, on_the_loop)
        self._passed_on = PassedOn(awaits)
        self._unresolved = Unresolved(awaits, off_loop)

    def find(self, module: Module) -> Iterator[Complaint]:
        """All there is to say about one file."""
        awaits, inference = self._awaits, self._inference
        yield from find_unported(module, inference)
        yield from self._loop_calls.find(module)
        yield from find_steps(module, inference, is_set_up=self._is_set_up)
        yield from find_blocking(module, inference, self._holding_up)
        yield from self._dash.find(module)
        yield from find_decorators(module, awaits)
        yield from find_objects(module, awaits)
        yield from self._passed_on.find(module)
        yield from self._unresolved.find(module)
        yield from find_called_elsewhere(module, awaits, self._mentioned)
        yield from find_overrides(module, awaits)
        yield from find_contexts(module, awaits)
        yield from find_loaders(module, inference)
        yield from find_bodies(module, inference)
        yield from find_json(module, inference)
        yield from find_strings(module)
        yield from find_methods_of_users(module, inference, self._mentioned, self._templates)
        yield from find_wsgi(module, inference)
        yield from find_patches(module, awaits)
        yield from find_subforms(module, awaits)
