"""Responses to errors.

============  ==========================================================
``pages``     error pages, for browsers
``problems``  problem details (RFC 9457), for the API
============  ==========================================================
"""
