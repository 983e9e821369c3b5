"""The certificate that nginx shows: given, from Let's Encrypt, or made here.

One that was made here no browser knows: people are warned once. Boxes needn't know it either, where
they are told its digest (`ca = "sha256:..."`), which is printed.
"""

import hashlib
import ssl
import tempfile
from pathlib import Path

from deploy.hub import machine
from deploy.hub.errors import NotReady, StepFailed
from deploy.hub.places import Places
from deploy.hub.wishes import FILES, LETS_ENCRYPT, Wishes, is_address

PEM_BYTES_MAX = 1 << 20
SELF_SIGNED_DAYS = 3_650
# certbot's timer renews with 30 days left: where fewer than these are, renewing fails.
LASTING_SECONDS_MIN = 14 * 86_400


def check_given(wishes: Wishes) -> tuple[bytes, bytes]:
    """Return a given certificate and its key, which fit together. Raises `NotReady`."""
    certificate = machine.read_given(wishes.certificate, bytes_max=PEM_BYTES_MAX)
    key = machine.read_given(wishes.key, bytes_max=PEM_BYTES_MAX)
    with tempfile.TemporaryDirectory(prefix="satchel-tls-") as folder:  # 0700
        paths = Path(folder, "certificate.pem"), Path(folder, "key.pem")
        for path, data in zip(paths, (certificate, key), strict=True):
            path.write_bytes(data)
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*paths, password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            said = getattr(error, "reason", None) or str(error)
            raise NotReady(
                f"{wishes.certificate} and {wishes.key} are no certificate with its key: {said}",
                hint="Both as PEM, the key without a password, the server's own certificate first.",
            ) from error
    return certificate, key


def _no_password() -> str:
    raise ValueError("the key has a password")


def put_given(given: tuple[bytes, bytes], places: Places) -> None:
    """Put a given certificate and its key where nginx finds them. Raises `StepFailed`."""
    machine.make_folder(places.certificate.parent, mode=0o700, owner="root")
    machine.write(places.certificate_key, given[1], mode=0o600)
    machine.write(places.certificate, given[0], mode=0o600)


def make_self_signed(name: str, places: Places) -> None:
    """Make a certificate for `name`, unless the one that is here is for it. Raises `StepFailed`."""
    stamp = places.certificate.with_name("self-signed-for")
    if stamp.is_file() and stamp.read_text(encoding="utf-8").strip() == name:
        return
    folder = places.certificate.parent
    machine.make_folder(folder, mode=0o700, owner="root")
    kind = "IP" if is_address(name) else "DNS"
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as work:
        machine.run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-noenc", "-sha256", "-days", str(SELF_SIGNED_DAYS), "-subj", "/CN=Satchel hub",
            "-addext", f"subjectAltName={kind}:{name}", "-keyout", f"{work}/key.pem",
            "-out", f"{work}/certificate.pem",
        )  # fmt: skip
        made = Path(work, "certificate.pem").read_bytes(), Path(work, "key.pem").read_bytes()
    put_given(made, places)
    machine.write(stamp, f"{name}\n")


def forget_self_signed(places: Places) -> None:
    """Note that the certificate here wasn't made here."""
    places.certificate.with_name("self-signed-for").unlink(missing_ok=True)


def ask_lets_encrypt(wishes: Wishes, places: Places) -> None:
    """Have certbot get a certificate, by way of nginx, which runs. Raises `StepFailed`."""
    whom = ["--email", wishes.email] if wishes.email else ["--register-unsafely-without-email"]
    try:
        machine.run(
            "certbot", "certonly", "--non-interactive", "--agree-tos", "--keep-until-expiring",
            "--webroot", "--webroot-path", places.acme, "--domain", wishes.name,
            "--cert-name", wishes.name, *whom, "--deploy-hook", "systemctl reload nginx.service",
        )  # fmt: skip
    except StepFailed as error:
        raise StepFailed(
            f"Let's Encrypt gave no certificate for {wishes.name}: {error.message}",
            hint="That name has to lead to this server, with port 80 open to the world. Then run "
            "install again. Until then the hub shows the certificate that it has.",
        ) from error


def has_lasting(wishes: Wishes, places: Places) -> bool:
    """Return whether there is a certificate of Let's Encrypt that certbot's timer looks after."""
    certificate, key = places.lets_encrypt(wishes.name)
    if not (certificate.exists() and key.exists()):
        return False
    lasts = ("-checkend", str(LASTING_SECONDS_MIN), "-noout", "-in", certificate)
    try:
        machine.run("openssl", "x509", *lasts)
    except StepFailed:
        return False
    return True


def in_force(wishes: Wishes, places: Places) -> tuple[Path, Path, bool]:
    """Return the certificate that counts, its key, and whether browsers know who signed it."""
    if wishes.tls == LETS_ENCRYPT:
        certificate, key = places.lets_encrypt(wishes.name)
        if certificate.exists() and key.exists():
            return certificate, key, True
    return places.certificate, places.certificate_key, wishes.tls == FILES


def digest(certificate: Path) -> str:
    """Return the digest of a certificate's DER form, by which boxes may know it."""
    text = certificate.read_text(encoding="ascii")
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    first = begin + text.partition(begin)[2].partition(end)[0] + end + "\n"
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()
