"""Servers for the comparison: how each is started (``commands``), and kept, watched and stopped (``process``)."""
