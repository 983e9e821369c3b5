"""One POST to a webhook: to the address that was checked, bounded, no redirect, signed.

The body is JSON. `Satchel-Signature` is the HMAC-SHA-256 of the body with the route's secret, in
hex, so that the receiver knows that it comes from this hub.
"""

import hashlib
import hmac
import http.client
import socket
import ssl

from content_packs.errors import Refused
from hub.alerts.addresses import Target
from hub.alerts.limits import WEBHOOK_ANSWER_BYTES_MAX, WEBHOOK_BODY_BYTES_MAX, WEBHOOK_SECONDS_MAX

SIGNATURE = "Satchel-Signature"


def signature(body: bytes, secret: str) -> str:
    """Return what a receiver compares."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post(target: Target, body: bytes, secret: str, tls: ssl.SSLContext | None = None) -> None:
    """Send a body. Raises `Refused` for any answer but 2xx, and for none within the time."""
    if len(body) > WEBHOOK_BODY_BYTES_MAX:
        raise Refused(f"the message has more than {WEBHOOK_BODY_BYTES_MAX} bytes")
    link = http.client.HTTPConnection(target.host, target.port, timeout=WEBHOOK_SECONDS_MAX)
    try:
        link.sock = _connected(target, tls)
        link.putrequest("POST", target.path, skip_accept_encoding=True)
        for name, value in (
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            (SIGNATURE, signature(body, secret)),
        ):
            link.putheader(name, value)
        link.endheaders(body)
        answer = link.getresponse()
        answer.read(WEBHOOK_ANSWER_BYTES_MAX)
    except (OSError, http.client.HTTPException) as error:
        raise Refused(f"{target.host}: the webhook can't be reached: {error}") from error
    finally:
        link.close()
    if not 200 <= answer.status < 300:
        raise Refused(f"{target.host}: the webhook answered {answer.status}")


def _connected(target: Target, tls: ssl.SSLContext | None) -> socket.socket:
    found = socket.create_connection((target.address, target.port), timeout=WEBHOOK_SECONDS_MAX)
    if target.scheme == "http":
        return found
    try:
        context = tls or ssl.create_default_context()
        return context.wrap_socket(found, server_hostname=target.host)
    except BaseException:
        found.close()
        raise
