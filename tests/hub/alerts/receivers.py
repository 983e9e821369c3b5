"""Who is told: a mail server and a webhook on this machine, real ones."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Mailbox:
    """A mail server's port, and what it took. `refuses`: it takes nothing."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    refuses: bool = False

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's
        if self.refuses:
            return "451 not now"
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))
        return "250 taken"


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """Let the library try the port that was taken, not 0, which was asked for."""
        assert self.server
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """Run a mail server, with STARTTLS and signing in if it has a certificate."""
    box = Mailbox()

    def sign_in(_server: SMTP, _session: Session, _envelope: Envelope, _how: str, who: Any) -> Any:
        assert isinstance(who, LoginPassword)
        box.logins.append((who.login.decode(), who.password.decode()))
        return AuthResult(success=True)

    settings: dict[str, Any] = (
        {"tls_context": tls, "require_starttls": True, "authenticator": sign_in} if tls else {}
    )
    controller = _Controller(box, hostname="127.0.0.1", port=0, **settings)
    controller.start()
    try:
        box.port = controller.port
        yield box
    finally:
        controller.stop()


@dataclass
class Hook:
    """A webhook: its address, what it was sent, and what it answers."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def said(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]


@contextmanager
def webhook(tls: ssl.SSLContext | None = None) -> Iterator[Hook]:
    """Run a server that takes a webhook's messages."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # http.server's
            hook.paths.append(self.path)
            hook.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            hook.signatures.append(self.headers["Satchel-Signature"])
            self.send_response(hook.status)
            for name, value in hook.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        hook.url = f"http{'s' if tls else ''}://localhost:{server.server_port}/hook"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield hook
        finally:
            server.shutdown()
