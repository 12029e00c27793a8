"""Proof of the porting assistant on applications that others wrote: fetched when it is run, and not kept here."""
