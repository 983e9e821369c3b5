"""Mail by SMTP (RFC 5321), as hub.toml says: with STARTTLS unless told otherwise."""

import os
import smtplib
import ssl
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path

from content_packs.errors import Refused, UsageError
from hub.alerts.limits import MAIL_SECONDS_MAX
from hub.config import Config
from hub.hub import Hub

PASSWORD_VARIABLE = "SATCHEL_HUB_SMTP_PASSWORD"  # noqa: S105  # the variable's name
_FILE_BYTES_MAX = 4096


def send(hub: Hub, to: str, subject: str, text: str, tls: ssl.SSLContext | None = None) -> None:
    """Send a mail. Raises `Refused` where the server doesn't take it, `UsageError` for hub.toml."""
    config = hub.config
    message = EmailMessage()
    message["From"] = Address(config.title, addr_spec=config.mail_from)
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(hub.clock())
    message["Message-ID"] = make_msgid(domain=config.mail_from.rpartition("@")[2] or None)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence answers it
    message.set_content(text)
    password = _password(config, os.environ)
    try:
        with _connected(config, tls or ssl.create_default_context()) as server:
            if config.smtp_user:
                server.login(config.smtp_user, password)
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise Refused(f"{config.smtp_host}: the mail server doesn't take it: {error}") from error


def _connected(config: Config, tls: ssl.SSLContext) -> smtplib.SMTP:
    place = (config.smtp_host, config.smtp_port)
    if config.smtp_security == "tls":
        return smtplib.SMTP_SSL(*place, timeout=MAIL_SECONDS_MAX, context=tls)
    server = smtplib.SMTP(*place, timeout=MAIL_SECONDS_MAX)
    if config.smtp_security == "starttls":
        server.starttls(context=tls)
    return server


def _password(config: Config, environment: Mapping[str, str]) -> str:
    if not config.smtp_password_file:
        return environment.get(PASSWORD_VARIABLE, "")
    path = Path(config.smtp_password_file)
    try:
        with path.open("rb") as file:
            return file.read(_FILE_BYTES_MAX).decode().strip()
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: the mail server's password can't be read: {error}") from error
