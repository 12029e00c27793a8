"""Login sessions as rows: who ends the row ends the login, wherever its cookies are."""
