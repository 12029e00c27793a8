"""Login sessions as rows: who ends the row ends the login, wherever its cookies are.

Each function that writes is one transaction, or, by the name of ``..._in``, part of its caller's.

================  ==========================================================
``models``        a login session, as the database has it
``handles``       what its cookies hold, and the database does not
``bearer``        the same handle as a token, for programs
``lookup``        whose it is: what every request of a user asks
``sightings``     when it was last seen
``limits``        how long it lasts
``creation``      beginning one
``confirmation``  what its user may do who has just entered the password; a new handle, and its full time again
``listing``       those that go on
``ending``        ending it before its time
``sweep``         removing those that have ended by time
``views``         the buttons that end them
================  ==========================================================
"""
