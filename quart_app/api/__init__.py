"""The JSON API, ``/api/v1``: register, log in and out, list and end login sessions, change and delete the account.

===================  ==================================================="""
