"""The JSON API, ``/api/v1``: register, log in and out, list and end login sessions, change the password.

=================  ==========================================================
``routes``         registers the operations and the description
``blueprint``      what all its requests have in common
``users``          registration, the user's account, the password
``sessions``       logging in and out, listing and ending logins
``schemas``        requests and responses as Pydantic models
``body``           strict reading of JSON
``operations``     the decorator of an operation, which also describes it
``openapi``        the description for programs (OpenAPI 3.1)
``documentation``  the same description as a page, for people
=================  ==========================================================
"""
