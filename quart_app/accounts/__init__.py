"""Accounts: users, their passwords, and everything that happens to an account.

=======================  ==========================================================
``users``                finding and adding users
``keyed_registrations``  registrations that can be repeated without a second account (``Idempotency-Key``)
``name_rules``           which usernames and email addresses are accepted
``look_alikes``          which usernames look like others: invisible characters, letters of several scripts
``password_rules``       which passwords are accepted
``common_passwords``     the list of common ones, which are refused
``passwords``            hashing passwords in threads, with a bounded queue
``authentication``       checking a password, at login and for a confirmation
``throttle``             how often a password may be guessed
``attempts``             counts of failed attempts in the database
``devices``              browsers that a user has logged in with before
``login``                logging in and out, and the current user
``changes``              changing the password
``addresses``            confirming and changing the email address, by a link in a mail
``forgotten_passwords``  setting a new password by a link in a mail
``mail_tokens``          one-time tokens in such links
``mail_limit``           how many mails an account is sent
``mails``                what the mails say
``closing``              closing, reopening and deleting accounts
=======================  ==========================================================
"""
