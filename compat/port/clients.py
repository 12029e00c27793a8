"""Arguments that Quart's test client takes under other names than Flask's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from urllib.parse import urlsplit

import libcst as cst
from libcst import matchers as m

from .rewrite import keyword, separate

IsDict = Callable[[cst.BaseExpression], bool]

_TEXT = m.SimpleString() | m.FormattedString() | m.ConcatenatedString()
_BYTES = m.Call(func=m.Attribute(attr=m.Name("dumps") | m.Name("encode")) | m.Name("dumps"))
_FILE = m.Tuple() | m.Call(func=m.Name("BytesIO") | m.Name("open") | m.Attribute(attr=m.Name("BytesIO")))
_FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")
_UNKNOWN = {
    "base_url": "Give `scheme` and a `Host` header",
    "environ_base": "Give `headers`, or `scope_base`",
    "environ_overrides": "Give `headers`, or `scope_base`",
    "input_stream": "Give `data`",
    "charset": "Encode the data",
    "multithread": "Drop it",
    "multiprocess": "Drop it",
    "run_once": "Drop it",
    "errors_stream": "Drop it",
}


def port_arguments(args: tuple[cst.Arg, ...], is_dict: IsDict) -> tuple[list[cst.Arg], list[tuple[str, str]]]:
    """The arguments for Quart, and what cannot be said there: the argument, and what to do."""
    named = {arg.keyword.value: arg.value for arg in args if arg.keyword is not None}
    problems: list[tuple[str, str]] = []
    is_form = "data" in named and is_dict(named["data"])
    ported: list[cst.Arg] = []
    for arg in args:
        name = arg.keyword.value if arg.keyword is not None else ""
        if name == "data":
            ported.append(arg.with_changes(keyword=cst.Name("form")) if is_form else arg)
            problems += _complain_of_data(arg.value, is_form)
        elif name in ("content_type", "mimetype"):
            ported += _as_header(arg, is_form=is_form, has_headers="headers" in named)
        elif name == "headers" and (kind := named.get("content_type", named.get("mimetype"))) is not None:
            ported.append(
                arg if is_form and _is_form_type(kind) else arg.with_changes(value=_with_type(arg.value, kind))
            )
        elif name in _TRANSLATED:
            said = _TRANSLATED[name](arg.value, named)
            ported += [each.with_changes(comma=arg.comma) for each in said or [arg]]
            problems += [] if said else [(name, _UNKNOWN[name])]
        elif name == "query_string" and m.matches(arg.value, _TEXT):
            problems.append((name, "Give a dict, or put the query into the path"))
            ported.append(arg)
        elif name == "buffered":
            continue
        else:
            ported.append(arg)
            if name in _UNKNOWN:
                problems.append((name, _UNKNOWN[name]))
    return separate(_without_last_comma(args, ported)), problems


def _without_last_comma(before: tuple[cst.Arg, ...], after: list[cst.Arg]) -> Iterator[cst.Arg]:
    """The arguments; when the last one was dropped, the new last one ends as it did."""
    yield from after[:-1]
    if after:
        yield after[-1].with_changes(comma=before[-1].comma) if before else after[-1]


def _complain_of_data(value: cst.BaseExpression, is_form: bool) -> Iterator[tuple[str, str]]:
    if is_form:
        if m.findall(value, m.DictElement(value=_FILE) | m.Arg(keyword=m.Name(), value=_FILE)):
            yield "data", "Give files apart: `files={name: FileStorage(stream, filename)}` from quart.datastructures"
    elif not m.matches(value, _TEXT | _BYTES):
        yield "data", "If this is a dict, call it `form`; `data` is text or bytes"


def _is_form_type(value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.SimpleString) and value.evaluated_value in _FORM_TYPES


def _with_type(headers: cst.BaseExpression, kind: cst.BaseExpression) -> cst.Dict:
    """The *headers*, and the content type, which wins, as it does in Werkzeug."""
    entry = cst.DictElement(cst.SimpleString('"Content-Type"'), kind)
    if not isinstance(headers, cst.Dict):
        return cst.Dict([cst.StarredDictElement(headers), entry])
    if not headers.elements:
        return cst.Dict([entry])
    *before, last = headers.elements
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    return headers.with_changes(
        elements=[*before, last.with_changes(comma=comma), entry.with_changes(comma=last.comma)]
    )


def _as_header(arg: cst.Arg, *, is_form: bool, has_headers: bool) -> list[cst.Arg]:
    if has_headers or (is_form and _is_form_type(arg.value)):
        return []
    entry = cst.DictElement(cst.SimpleString('"Content-Type"'), arg.value)
    return [keyword("headers", cst.Dict([entry])).with_changes(comma=arg.comma)]


def _place_of(value: cst.BaseExpression, named: Collection[str]) -> list[cst.Arg]:
    """What ``base_url="https://example.com"`` says; nothing if it cannot be said among the arguments *named*."""
    text = value.evaluated_value if isinstance(value, cst.SimpleString) else None
    url = urlsplit(text if isinstance(text, str) else "")
    if url.scheme not in ("http", "https") or url.path.strip("/") or not url.netloc:
        return []
    said = [keyword("scheme", cst.SimpleString('"https"'))] if url.scheme == "https" else []
    if url.netloc != "localhost" or not said:
        if not {"headers", "content_type", "mimetype"}.isdisjoint(named):
            return []
        host = cst.DictElement(cst.SimpleString('"Host"'), cst.SimpleString(f'"{url.netloc}"'))
        said.append(keyword("headers", cst.Dict([host])))
    return said


def _client_of(value: cst.BaseExpression, _named: Collection[str]) -> list[cst.Arg]:
    """What ``environ_base={"REMOTE_ADDR": address}`` says."""
    match value:
        case cst.Dict(elements=[cst.DictElement(key=cst.SimpleString() as key, value=address)]):
            if key.evaluated_value == "REMOTE_ADDR":
                client = cst.Tuple([cst.Element(address), cst.Element(cst.Integer("0"))])
                return [keyword("scope_base", cst.Dict([cst.DictElement(cst.SimpleString('"client"'), client)]))]
    return []


#: Arguments whose value is said in another way: the value, and the names of the arguments beside it.
_TRANSLATED = {"base_url": _place_of, "environ_base": _client_of}
