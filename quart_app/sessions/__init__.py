"""Login sessions as rows: deleting the row ends the login, wherever its cookies are.

Each function that writes is a transaction of its own; one with a name in ``_in`` is part of the caller's.

================  ==========================================================
``bearer``        the handle as a bearer token, for programs
``limits``        how long a login session lasts
``lookup``        finding the user of a handle, for every request
``last_seen``     last-seen updates, written in the background
``creation``      starting a login session, and how many a user may have
``confirmation``  changes that need a recently entered password; renewing a session
``listing``       login sessions that have not expired
``cursors``       positions in that list, for links
``ending``        ending login sessions before they expire
``generations``   ending any number of login sessions of a user by one write
``sweep``         removing expired login sessions
================  ==========================================================
"""
