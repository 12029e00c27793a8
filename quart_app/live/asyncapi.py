"""The AsyncAPI 3 document of the websocket, for programs: beside the OpenAPI document of the API, and as public.

AsyncAPI has no place for close codes and limits, so they are extensions, ``x-close-codes`` and ``x-limits``, and in the
description for people.
"""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response, current_app, request, url_for

from quart_app.application import current_settings
from quart_app.faces import API
from quart_app.sessions.bearer import SUBPROTOCOL

from .hub import REPEAT_INTERVAL
from .messages import NAMES_SHOWN, Online
from .sockets import Advice, Close
from .views import SOCKET

blueprint = Blueprint("asyncapi", __name__)

_WAYS_IN = (
    "Send `Authorization: Bearer …` with the token of a login of kind `bearer`, and no `Origin`. What can send no "
    f"header sends the subprotocols `{SUBPROTOCOL}` and the token, in this order; the server then chooses "
    f"`{SUBPROTOCOL}`. Cookies count with the `Origin` of this site alone, and not beside a token."
)
_REFUSALS = (
    "A refused handshake of a program, which sends no `Origin`, is answered with problem details (RFC 9457): 400, "
    "no name of this site; 401, log in; 403, cookies without `Origin`; 404, no such websocket; 426, a proxy has "
    "dropped `Upgrade`; 429 and 503, wait `Retry-After` seconds. A server without the extension "
    "`websocket.http.response` of ASGI answers 403 without a body to all of them."
)
#: Closed by the server software, or not closed at all; the others are in Close.
_OTHER_CODES = {
    "1009": ("The message of the client is too long.", Advice.STOP),
    "default": ("Any other code, or none: the connection is lost, or the server has failed.", Advice.BACK_OFF),
}


@blueprint.get(f"{API}/v1/asyncapi.json")
async def document() -> Response:
    """The document, for the address and the mount of the application at which it is requested."""
    return Response(current_app.json.dumps(_describe()), content_type="application/json")


def _describe() -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Microblog live",
            "version": "1",
            "description": f"A websocket that tells who is online. {_WAYS_IN}\n\n{_REFUSALS}",
        },
        "defaultContentType": "application/json",
        "servers": {
            "this": {
                "host": request.host,
                "pathname": request.root_path or "/",
                "protocol": "wss" if request.is_secure else "ws",
                "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in ("bearer", "cookie")],
            }
        },
        "channels": {
            "online": {
                "address": SOCKET,
                "description": _closing(),
                "messages": {"online": {"$ref": "#/components/messages/online"}},
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
                "x-close-codes": {
                    code: {"reason": reason, "client": advice.value} for code, (reason, advice) in _codes().items()
                },
                "x-limits": {
                    "sockets-per-user-and-worker": current_settings().live_sockets_per_user,
                    "names-per-message": NAMES_SHOWN,
                    "messages-from-the-client": 0,
                    "seconds-between-messages": REPEAT_INTERVAL,
                },
            }
        },
        "operations": {
            "sendOnline": {
                "action": "send",
                "channel": {"$ref": "#/channels/online"},
                "messages": [{"$ref": "#/channels/online/messages/online"}],
                "title": "Who is online",
                "description": "Sent when the websocket opens, after each change, and again where nothing changes.",
            }
        },
        "components": {
            "messages": {
                "online": {
                    "title": "Online",
                    "summary": "The whole state, not a change: the newest message replaces all earlier ones.",
                    "contentType": "application/json",
                    "payload": {"$ref": "#/components/schemas/Online"},
                }
            },
            "schemas": {"Online": Online.model_json_schema(mode="serialization")},
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": f"POST {url_for('api.log_in')} gives the token.",
                },
                "cookie": {"type": "httpApiKey", "name": current_app.config["SESSION_COOKIE_NAME"], "in": "cookie"},
            },
        },
    }


def _codes() -> dict[str, tuple[str, Advice]]:
    """What each close code means and asks of the client. Both reasons of 1013 ask the same."""
    codes: dict[str, tuple[str, Advice]] = {}
    for close in Close:
        before = codes.get(str(close.code))
        codes[str(close.code)] = (f"{before[0]} Or: {close.reason}" if before else close.reason, close.advice)
    return {**codes, **_OTHER_CODES}


def _closing() -> str:
    lines = [f"- {code}, {advice}: {reason}" for code, (reason, advice) in _codes().items()]
    return (
        "The server sends and the client receives: it has no message to send. The server answers pings, and sends a "
        f"message at least every {REPEAT_INTERVAL:.0f} seconds; a client that receives none for a minute connects "
        "again. What to do by close code:\n\n" + "\n".join(lines)
    )
