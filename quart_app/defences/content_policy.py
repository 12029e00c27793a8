"""What the pages of this site may load, run, send to and be shown in: Content Security Policy, Level 3.

Every response has :data:`BASE`. A page that needs more declares it by :func:`csp_update`, for itself alone. Error pages
and redirects keep the base, whichever view they come from.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import ParamSpec

from quart import make_response
from quart.typing import ResponseReturnValue, ResponseTypes

Arguments = ParamSpec("Arguments")

#: The sources of each directive. No page runs a script unless it says so, so one that was smuggled in does not run
#: either. Our own styles, images, forms and connections are allowed: none of them leads to another site.
BASE: Mapping[str, tuple[str, ...]] = {
    "default-src": ("'none'",),
    "style-src": ("'self'",),
    "img-src": ("'self'",),
    "connect-src": ("'self'",),
    "form-action": ("'self'",),
    "base-uri": ("'none'",),
    "frame-ancestors": ("'none'",),
}

_OTHERS = frozenset({"font-src", "frame-src", "manifest-src", "media-src", "object-src", "script-src", "worker-src"})
_NONE = "'none'"


def policy_text(more: Mapping[str, str] | None = None) -> str:
    """The value of the header: :data:`BASE` with these sources added to those of each directive.

    Arguments:
        more: sources by directive, separated by spaces, as in the header: ``{"script-src": "'self'"}``. Where the base
            says ``'none'``, they take its place.

    Raises:
        ValueError: a name is that of no directive with sources, or a value would end its directive. Browsers ignore
            both without a word.
    """
    sources = dict(BASE)
    for name, added in (more or {}).items():
        if name not in BASE and name not in _OTHERS:
            raise ValueError(f"{name!r} is not a directive of a content security policy; use one such as 'script-src'.")
        words = tuple(added.split())
        if not words or not added.isascii() or not added.isprintable() or set(",;") & set(added):
            raise ValueError(f"{added!r} are not sources of {name}; separate them by spaces: \"'self' data:\".")
        sources[name] = tuple(word for word in (*sources.get(name, ()), *words) if word != _NONE)
    return "; ".join(f"{name} {' '.join(words)}" for name, words in sources.items())


def csp_update(
    more: Mapping[str, str],
) -> Callable[[Callable[Arguments, Awaitable[ResponseReturnValue]]], Callable[Arguments, Awaitable[ResponseTypes]]]:
    """Widen the content security policy of one page.

    Use it below ``login_required`` and the like, next to the function: what these answer instead of the page keeps the
    base. Scripts are files (``"script-src": "'self'"``); ``'unsafe-inline'`` would let smuggled ones run, too.

    Arguments:
        more: see :func:`policy_text`, which is called at once and so raises ValueError when the view is defined.
    """
    text = policy_text(more)

    def decorate(
        view: Callable[Arguments, Awaitable[ResponseReturnValue]],
    ) -> Callable[Arguments, Awaitable[ResponseTypes]]:
        @wraps(view)
        async def answer(*args: Arguments.args, **kwargs: Arguments.kwargs) -> ResponseTypes:
            response = await make_response(await view(*args, **kwargs))
            response.headers["Content-Security-Policy"] = text
            return response

        return answer

    return decorate
