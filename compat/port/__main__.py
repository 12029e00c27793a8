"""``python -m compat.port``."""

import sys

try:
    import libcst as _  # noqa: F401
except ModuleNotFoundError:
    sys.exit('The porting assistant needs LibCST: pip install "quart-flask-login[port]"')

from .command import main

sys.exit(main())
