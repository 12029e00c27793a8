"""Accounts: who there is, how they prove it, and the pages for it.

==================  ==========================================================
``models``          the user, as the database has it
``names``           when two names are the same; ``name_rules``: which ones there may be
``users``           finding and adding users
``passwords``       hashing them; ``password_rules``: which ones there may be
``authentication``  whose password it is
``throttle``        how often that may be guessed; ``attempts``: as the database counts it
``devices``         browsers that a user has logged in with before
``login``           logging in and out, and who is logged in
``changes``         another password, another address
``closing``         accounts that are closed, opened again, or deleted
``views``           the pages to register, log in and out, with ``forms``
``account``         the pages of one's own account, with ``account_forms``
``fields``          what all these forms are made of
==================  ==========================================================
"""
