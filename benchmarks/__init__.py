"""Sync and async, side by side: ``python -m benchmarks``. What compat costs: ``python -m benchmarks.login_cost``."""
