"""Whose certificates count on the way to a hub.

- By default those of the authorities in certifi's list.
- `ca` names a PEM file: only what its authority signed.
- `ca = "sha256:HEX"`: only the one certificate with this digest of its DER form, whatever it says.

**Dates** aren't judged. A node's clock may say 1970 or 2040, or be behind by the months that the
box lay in a cupboard: by such a clock a certificate that is renewed every few weeks isn't valid
yet, and from whom would the box learn what time it is? Trusted time only says how late it is at
least, so that it could refuse what has lapsed and nothing else; and refusing a lapsed certificate
of our own district would cut all of its schools off at once, for a forgotten renewal. What a date
would protect from, a key that was stolen long ago, reads reports and can withhold content; every
byte that counts is signed by other keys.

Nothing in the environment changes any of this.
"""

import hmac
import ssl
from dataclasses import dataclass
from pathlib import Path

import certifi

from content_packs.digests import digest_of
from content_packs.errors import Missing, UsageError
from content_packs.key_files import read_bounded
from sync_node.hub_address import PIN_PREFIX, check_pin
from sync_node.limits import CERTIFICATES_BYTES_MAX

NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL 1.1.0 and later; Python has no name


class WrongCertificate(ssl.SSLCertVerificationError):
    """The server has another certificate than the one that is pinned."""


@dataclass(frozen=True)
class Authorities:
    """Whose certificates count: those in `pem`, or the one with the digest `pin`.

    Neither: certifi's.
    """

    pem: str | None = None
    pin: str = ""

    def context(self) -> ssl.SSLContext:
        """Return how a connection is secured. Raises `OSError` for a list that is none."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.pin:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE  # `check` compares the whole certificate
        elif self.pem is not None:
            context.load_verify_locations(cadata=self.pem)
        else:
            context.load_verify_locations(certifi.where())
        context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
        return context

    def check(self, secured: ssl.SSLSocket) -> None:
        """Raise `WrongCertificate` unless the other side has the certificate that is pinned."""
        if not self.pin:
            return
        found = digest_of(secured.getpeercert(binary_form=True) or b"")
        if not hmac.compare_digest(found, self.pin):
            raise WrongCertificate(f"certificate {found}, expected {self.pin}")


PUBLIC = Authorities()


def authorities(ca: str, folder: Path) -> Authorities:
    """Return what the key `ca` of a source says; a file is named from `folder` on.

    Raises `UsageError`.
    """
    if not ca:
        return PUBLIC
    if ca.startswith(PIN_PREFIX):
        check_pin(ca)
        return Authorities(pin=ca.removeprefix(PIN_PREFIX))
    path = folder / ca
    try:
        pem = read_bounded(path, CERTIFICATES_BYTES_MAX).decode("ascii")
        found = Authorities(pem=pem)
        found.context()
    except Missing as error:
        raise UsageError(f"ca: {error.message}", hint=error.hint) from error
    except (OSError, ValueError) as error:
        raise UsageError(
            f"ca: {path}: holds no certificate in PEM", hint="Ask the hub's operator for it."
        ) from error
    return found
