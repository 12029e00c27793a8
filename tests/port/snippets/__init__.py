"""What the assistant makes of a few lines: before, after, and what that shows."""

from __future__ import annotations

from .awaits import AWAITS
from .clients import CLIENTS
from .forms import FORMS
from .functions import FUNCTIONS
from .hooks import HOOKS
from .imports import IMPORTS
from .snippet import Snippet
from .views import VIEWS

__all__ = ["SNIPPETS", "Snippet"]

SNIPPETS = [*IMPORTS, *AWAITS, *FUNCTIONS, *HOOKS, *VIEWS, *FORMS, *CLIENTS]
