"""What is answered where something went wrong.

============  ==========================================================
``problems``  the API's answers: problem details (RFC 9457)
``pages``     the error pages, for browsers
============  ==========================================================
"""
