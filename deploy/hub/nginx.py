"""nginx before the hub: the shipped site (deploy/nginx/satchel-hub.conf), with a name and TLS.

With TLS port 80 sends people on to 443, and answers Let's Encrypt. What nginx says of the new site
is asked before it counts; where it is against it, the one before stays.
"""

from dataclasses import dataclass
from pathlib import Path

from deploy.hub.errors import StepFailed
from deploy.hub.machine import make_folder, run, runs_systemd, write
from deploy.hub.places import Places

SHIPPED = Path(__file__).resolve().parents[1] / "nginx/satchel-hub.conf"
_OPEN = "    listen 80;\n    server_name _;\n"
_REPOSITORY = "/var/lib/satchel-hub/repository"
_OWN_CONTENT = ("    # What never changes.", "    # A backup's or an upload's answer")
_FOREVER_SECONDS = 31_536_000

_BEFORE_TLS = """\
# Whoever comes without TLS is sent on; Let's Encrypt looks here for what certbot puts.
server {{
{listen}    server_name _;
    server_tokens off;
    location /.well-known/acme-challenge/ {{
        root {acme};
        default_type text/plain;
    }}
    location / {{
        return 308 https://{host}$request_uri;
    }}
}}

"""
_TLS = """\
{listen}    server_name _;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_prefer_server_ciphers off;
    ssl_session_cache shared:satchel_hub_tls:10m;  # a box that comes again needs fewer bytes
    ssl_session_timeout 1d;
    ssl_session_tickets off;
"""
_STRICT = f'    add_header Strict-Transport-Security "max-age={_FOREVER_SECONDS}";\n'


@dataclass(frozen=True)
class Front:
    """What nginx is told. `certificate` and `key`: none without TLS. `known`: browsers trust it."""

    host: str
    repository: Path
    acme: Path
    certificate: Path | None
    key: Path | None
    known: bool
    own_content: bool
    ipv6: bool


def site(front: Front, shipped: str) -> str:
    """Return the site of nginx. Raises `StepFailed` where what is shipped isn't as it should be."""
    for needed in (_OPEN, _REPOSITORY, *_OWN_CONTENT):
        if needed not in shipped:
            raise StepFailed(
                f"{SHIPPED.name} isn't the one of this version", hint="Unpack it anew."
            )
    text = shipped.replace(_REPOSITORY, str(front.repository))
    if not front.own_content:  # it lies in a store: the hub answers
        begin, end = (text.index(mark) for mark in _OWN_CONTENT)
        text = text[:begin] + text[end:]
    if front.certificate is None:
        return text.replace(_OPEN, f"{_listen(80, front)}    server_name _;\n")
    secured = _TLS.format(
        listen=_listen(443, front), certificate=front.certificate, key=front.key
    ) + (_STRICT if front.known else "")
    text = text.replace(_OPEN, secured)
    before = _BEFORE_TLS.format(listen=_listen(80, front), acme=front.acme, host=front.host)
    head, mark, rest = text.partition("server {\n")
    return head + before + mark + rest


def _listen(port: int, front: Front) -> str:
    how = f"{port} ssl http2" if port == 443 else str(port)
    lines = f"    listen {how} default_server;\n"
    return lines + (f"    listen [::]:{how} default_server;\n" if front.ipv6 else "")


def put(front: Front, places: Places) -> None:
    """Put the site in force; where nginx won't, leave the one before. Raises `StepFailed`."""
    if front.certificate is not None:
        make_folder(front.acme)
    text = site(front, SHIPPED.read_text(encoding="utf-8"))
    before = places.site.read_bytes() if places.site.is_file() else None
    default = places.default_site
    hidden = default.is_symlink() or default.exists()
    target = default.readlink() if default.is_symlink() else None
    if hidden and target is not None:
        default.unlink()
    changed = write(places.site, text)
    try:
        run("nginx", "-t", "-q")
    except StepFailed as error:
        if before is None:
            places.site.unlink()
        else:
            write(places.site, before)
        if target is not None:
            default.symlink_to(target)
        raise StepFailed(
            f"nginx won't have the hub's site: {error.message}",
            hint="Its configuration is as it was. Look at what else is in /etc/nginx.",
        ) from error
    if runs_systemd():
        run("systemctl", "enable", "-q", "nginx.service")
        run("systemctl", "reload-or-restart" if changed else "start", "nginx.service")
        if changed:
            run("systemctl", "is-active", "-q", "nginx.service")
