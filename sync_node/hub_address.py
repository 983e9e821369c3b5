"""What can be the address of a hub, and the digest of its certificate. Loads no network library."""

import re

from content_packs import hub_addresses
from content_packs.errors import UsageError

PIN_PREFIX = "sha256:"
_PIN = re.compile(r"sha256:[0-9a-f]{64}")


def check_url(url: str) -> str:
    """Return `url` if it can be a hub's; raise `UsageError` otherwise."""
    if not hub_addresses.is_usable(url):
        raise UsageError(
            f"hub: {url[:200]!r} is not the address of a hub",
            hint="Expected something like https://hub.example.org/ without query or password.",
        )
    return url


def check_pin(ca: str) -> None:
    """Raise `UsageError` unless `ca` is the digest of a certificate."""
    if not _PIN.fullmatch(ca):
        raise UsageError(
            f"ca: {ca[:80]!r} isn't {PIN_PREFIX} and 64 digits",
            hint="`openssl x509 -in hub.pem -outform DER | sha256sum` shows it.",
        )
