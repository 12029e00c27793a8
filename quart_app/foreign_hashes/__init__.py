"""Password hashes of other libraries, which come with the users of a moved application.

============  ==========================================================
``schemes``   their names in ``FOREIGN_PASSWORD_HASHES``, their forms, and how much work a hash may cost
``checks``    how each library compares a password with its hash; imports libpass and bcrypt when it does
``verifier``  compares with the hashes of the schemes that are named
============  ==========================================================
"""

from .schemes import check_schemes as check_schemes
from .schemes import scheme_of as scheme_of
from .verifier import ForeignHashes as ForeignHashes
