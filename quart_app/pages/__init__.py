"""The pages and their forms.

=================  ==========================================================
``home``           the home page
``posts``          the two example posts on it
``login``          registering, logging in, confirming the password, logging out
``login_forms``    the forms of these pages, and of ``new_password``
``account``        the account: overview, password, email address, deletion
``account_forms``  the forms of these pages, and of ``address``
``address``        confirming the email address
``new_password``   a forgotten password: asking for a link, setting a new one
``mail_links``     what the pages that mails link to have in common
``sessions``       the buttons that end logins
``next_page``      where to go after a login
``page_form``      the base class of all forms
``form_fields``    the fields of all forms, with their rules
=================  ==========================================================
"""
