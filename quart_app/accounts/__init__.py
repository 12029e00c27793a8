"""Accounts: who there is, how they prove it, and the pages for it."""
