"""The tables as typed classes, without requests, queries or rules.

======================  ==========================================================
``user``                an account, and the keys that names are compared by
``login_session``       one login of a user, and the secret that it is found by
``failed_attempts``     how often a password was guessed wrong
``keyed_registration``  a registration that came with an idempotency key
``outgoing_mail``       a mail that waits to be sent, or was given up
``mail_sender``         which worker sends mails
``mail_token``          a one-time token that was sent by mail
``production_use``      whether this is a production database
======================  ==========================================================
"""
