"""The tables as typed classes, without requests, queries or rules.

===================  ==========================================================
``user``             an account
``login_session``    one login of a user
``handles``          the secret that a login session is found by, and its hash
``names``            when two usernames, or two email addresses, are the same
``failed_attempts``  how often a password was guessed wrong
``production_use``   whether this is a production database
===================  ==========================================================
"""
