"""Templates are rendered in one piece, and say what Jinja's own compiler would have them say."""

from __future__ import annotations

import jinja2
import pytest
from jinja2 import DictLoader
from quart import Quart

from quart_app.framework.templating import PromptEnvironment

_TEMPLATES = {
    "macros": "{% macro bold(text) %}<b>{{ text }}</b>{% endmacro %}",
    "part": "[{% for name in names %}{{ name }},{% endfor %}]",
    "frame": (
        "<title>{% block title %}Home{% endblock %}</title>"
        "{% if names %}{% include 'part' %}{% block menu %}menu of {{ names[0] }}{% endblock %}{% endif %}"
        "{% for name in names recursive %}{% block each scoped %}{{ name }}{% endblock %}{% endfor %}"
        "{% set kept %}{{ names | length }}{% endset %}{{ kept }}{% block content required %}{% endblock %}"
    ),
    "page": (
        "{% extends 'frame' %}{% from 'macros' import bold %}not shown {{ names }}"
        "{% block title %}{{ super() }} & {{ self.menu() }}{% endblock %}"
        "{% block content %}{% filter upper %}{{ bold(names[1]) }}{% endfilter %}{% endblock %}"
    ),
    "either": "{% if names %}{% extends 'frame' %}{% endif %}alone{% block content %}!{% endblock %}",
}


@pytest.mark.parametrize("names", [["<ann>", "bob"], []])
@pytest.mark.parametrize("name", ["page", "either", "part", "macros"])
def test_same_text_in_one_piece(name: str, names: list[str]) -> None:
    """The text is that of Jinja's own compiler, and comes in one piece: blocks, parts and conditional frames too."""
    if name == "page" and not names:
        names = ["", "only"]
    prompt = PromptEnvironment(Quart("quart_app"), loader=DictLoader(_TEMPLATES), autoescape=True)
    plain = jinja2.Environment(loader=DictLoader(_TEMPLATES), autoescape=True)
    pieces = [piece for piece in prompt.get_template(name).generate(names=names) if piece]
    assert "".join(pieces) == plain.get_template(name).render(names=names)
    assert len(pieces) <= 1
