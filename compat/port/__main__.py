"""``python -m compat.port``."""

import gc
import sys

try:
    import libcst as _  # noqa: F401
except ModuleNotFoundError:
    sys.exit('The porting assistant needs LibCST: pip install "quart-flask-login[port]"')

from .command import main

gc.disable()  # syntax trees live until the process ends: looking for cycles among them took a quarter of its time
sys.exit(main())
