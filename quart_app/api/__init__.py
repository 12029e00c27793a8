"""The JSON API, ``/api/v1``: register, log in and out, see and end one's login sessions, change the password.

=====================  =====================================================================
``blueprint``          what all its requests have in common
``users``, ``sessions``  the operations, by what they are about
``models``             what goes in and out
``body``               reading JSON that anybody may have sent
``operations``         how an operation is put together, and described at the same time
``openapi``            the description for programs (OpenAPI 3.1)
``documentation``      the same for people, as a page
=====================  =====================================================================
"""
