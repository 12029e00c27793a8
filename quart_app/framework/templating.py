"""Templates that are rendered at once, and in one piece.

Quart compiles templates so that they can wait: every function that they call may be a coroutine function. Ours need
nothing that is not loaded already, and without it a page is rendered in about half of the time.

Jinja compiles a template, and each of its blocks, into a generator of many short pieces, so that an answer can be sent
while it is made. A page is sent whole, and each piece of its block passes through the generators of the block and of
all templates that it extends. Here each of these generators gives its text as one piece.

Written for Quart 0.22 and 0.23 and Jinja 3.1. Quart chooses async templates in the constructor of its environment and
awaits ``render_async``; of Jinja's code generator this overrides two methods and uses one, which have public names and
are not documented. If either changes, every page fails in the tests. Without ``code_generator_class`` templates are
rendered in pieces, and without ``Application.jinja_environment`` as Quart does it.
"""

from __future__ import annotations

from typing import Any

import jinja2
from jinja2.compiler import CodeGenerator, Frame
from quart import Quart
from quart.templating import Environment


class _OnePiece(CodeGenerator):
    """Jinja's compiler, which collects the text of a template or block in a list, as it does in a macro."""

    def enter_frame(self, frame: Frame) -> None:
        super().enter_frame(frame)
        if _is_generator(frame):
            self.buffer(frame)

    def leave_frame(self, frame: Frame, with_python_scope: bool = False) -> None:
        if _is_generator(frame) and not (frame.toplevel and self.has_known_extends):  # whose own text is not shown
            self.writeline(f"yield concat({frame.buffer})")
        super().leave_frame(frame, with_python_scope)


class _Template(jinja2.Template):
    """A template for Quart's ``render_template``, which waits for it."""

    async def render_async(self, *args: Any, **context: Any) -> str:
        return self.render(*args, **context)


class PromptEnvironment(Environment):
    """Quart's environment, in which a template that calls a coroutine function shows the coroutine."""

    template_class = _Template
    code_generator_class = _OnePiece

    def __init__(self, app: Quart, **options: Any) -> None:
        super().__init__(app, **options)
        self.is_async = False


def _is_generator(frame: Frame) -> bool:
    """Whether the code of *frame* is a generator function of its own: a template's, or a block's."""
    return frame.toplevel or frame.block_frame
