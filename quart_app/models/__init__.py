"""The tables as typed classes, and nothing else: no request, no query, no rule.

===================  ==========================================================
``user``             an account
``login_session``    one login of a user
``handles``          the secret that a login session is found by, and its hash
``names``            when two usernames, or two email addresses, are the same
``failed_attempts``  how often a password was guessed wrong
===================  ==========================================================
"""
