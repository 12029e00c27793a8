"""What the load generators say they are.

In a file of its own, as a load generator that imported the application would need longer to start than to load.
"""

from __future__ import annotations

#: A browser's: session protection ties a fresh login to it.
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
