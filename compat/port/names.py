"""Where a name of Flask, Flask-Login or Flask-WTF lives after the port."""

from __future__ import annotations

from functools import cache
from importlib import import_module

#: Packages whose imports are rewritten.
PORTED = {"flask": "quart", "flask_login": "compat", "flask_wtf": "quart_wtf"}

_RENAMED = {
    "flask.Flask": "quart.Quart",
    "flask.app.Flask": "quart.Quart",
    "flask.testing.FlaskClient": "quart.testing.QuartClient",
    "flask.testing.FlaskCliRunner": "quart.testing.QuartCliRunner",
    "flask.cli.FlaskGroup": "quart.cli.QuartGroup",
    # Flask had these of other packages, and has dropped them.
    "flask.Markup": "markupsafe.Markup",
    "flask.escape": "markupsafe.escape",
    "flask.safe_join": "werkzeug.utils.safe_join",
    "flask.helpers.safe_join": "werkzeug.utils.safe_join",
    "flask_login.test_client": "compat.testing",
    "flask_login.test_client.FlaskLoginClient": "compat.FlaskLoginClient",
    "flask_wtf.FlaskForm": "compat.forms.FlaskForm",
    "flask_wtf.form.FlaskForm": "compat.forms.FlaskForm",
    "flask_wtf.CSRFProtect": "quart_wtf.CSRFProtect",
    "flask_wtf.csrf.CSRFProtect": "quart_wtf.CSRFProtect",
    "flask_wtf.csrf.CSRFError": "quart_wtf.CSRFError",
    "flask_wtf.csrf.generate_csrf": "quart_wtf.utils.generate_csrf",
    **{
        f"flask_wtf.file.{name}": f"quart_wtf.{name}"
        for name in (
            "FileField",
            "FileRequired",
            "file_required",
            "FileAllowed",
            "file_allowed",
            "FileSize",
            "file_size",
        )
    },
}
#: Modules that are not public in Quart, and differ between its versions: their names are imported from quart.
_PRIVATE = ("flask.globals", "flask.ctx", "flask.app", "flask.blueprints")


@cache
def _exists(dotted: str) -> bool:
    """Whether the installed packages have this module, or this name of a module."""
    module, _, name = dotted.rpartition(".")
    try:
        import_module(dotted)
    except ImportError:
        pass
    else:
        return True
    try:
        return bool(module) and name in vars(import_module(module))
    except ImportError:
        return False


@cache
def relocate(dotted: str) -> str | None:
    """The dotted name after the port; None if there is none. Names of other packages stay."""
    package = dotted.partition(".")[0]
    if package not in PORTED:
        return dotted
    if dotted in _RENAMED:
        return _RENAMED[dotted]
    if dotted == package:
        return PORTED[package]
    module, _, name = dotted.rpartition(".")
    if module in _PRIVATE and _exists(f"quart.{name}"):
        return f"quart.{name}"
    if package == "flask_wtf" or name == "sansio":
        return None
    moved = PORTED[package] + dotted.removeprefix(package)
    return moved if _exists(moved) else None


_CANONICAL = {
    "quart.testing.client.QuartClient": "quart.testing.QuartClient",
    "quart_wtf.QuartForm": "compat.forms.FlaskForm",
    "compat.testing.LoginClient": "quart.testing.QuartClient",
    "compat.testing.FlaskLoginClient": "quart.testing.QuartClient",
    "compat.LoginClient": "quart.testing.QuartClient",
    "compat.FlaskLoginClient": "quart.testing.QuartClient",
}


@cache
def _is_module(dotted: str) -> bool:
    try:
        import_module(dotted)
    except ImportError:
        return False
    return True


@cache
def canonical(dotted: str) -> str:
    """The one name under which the assistant knows *dotted*, before and after the port."""
    package, _, rest = dotted.partition(".")
    if package in PORTED:
        moved = relocate(dotted) or f"{PORTED[package]}.{rest}"
    elif package in PORTED.values() and rest:  # reached through the module: flask.Flask
        source = next(source for source, target in PORTED.items() if target == package)
        moved = _RENAMED.get(f"{source}.{rest}", dotted)
    else:
        moved = dotted
    if moved in _CANONICAL:
        return _CANONICAL[moved]
    package, _, rest = moved.partition(".")
    module, _, last = rest.rpartition(".")
    if package in ("quart", "compat") and module and _is_module(f"{package}.{module}") and _exists(f"{package}.{last}"):
        return f"{package}.{last}"
    return moved
