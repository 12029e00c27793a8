"""The names of ``flask_login.utils``, for code that imports from there.

Nothing is defined here: new code imports from ``compat``.
"""

from .current import current_user as current_user
from .current import get_user, user_context
from .decorators import fresh_login_required as fresh_login_required
from .decorators import login_required as login_required
from .login import confirm_login as confirm_login
from .login import login_fresh as login_fresh
from .login import login_remembered as login_remembered
from .login import login_user as login_user
from .login import logout_user as logout_user
from .protection import create_identifier
from .redirects import expand_login_view as expand_login_view
from .redirects import login_url as login_url
from .redirects import make_next_param as make_next_param
from .redirects import set_login_view as set_login_view
from .tokens import _secret_key as _secret_key
from .tokens import decode_cookie as decode_cookie
from .tokens import encode_cookie as encode_cookie

_get_user = get_user
_user_context_processor = user_context
_create_identifier = create_identifier
