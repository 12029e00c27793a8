"""The pages and their forms.

=================  ==========================================================
``home``           the home page
``posts``          the two example posts on it
``login``          registering, logging in, confirming the password, logging out
``login_forms``    the forms of these pages
``account``        the account: overview, password, email address, deletion
``account_forms``  the forms of these pages
``sessions``       the buttons that end logins
``page_form``      the base class of all forms
``form_fields``    the fields of all forms, with their rules
=================  ==========================================================
"""
