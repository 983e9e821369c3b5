"""An authority for a trial, in Let's Encrypt's place: Debian's `pebble`, on the trial's wire alone.

It speaks what Let's Encrypt speaks (RFC 8555), and asks port 80 of wherever a name leads to: here
`lead` says where. What it signs is known to nobody but who is given `root`.
"""

import json
import shutil
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.hub.errors import NotReady, StepFailed

NEEDED = ("pebble", "pebble-challtestsrv", "openssl")
_ACME, _MANAGED, _NAMES, _NAMES_MANAGED = 14_000, 15_000, 18_053, 18_055
_VALID_SECONDS = 90 * 86_400
_SECONDS_MAX = 60.0


@dataclass(frozen=True)
class Authority:
    """One that runs. `host`: its address; `own`: the certificate that it shows itself."""

    host: str
    own: Path

    @property
    def address(self) -> str:
        """Where certbot begins."""
        return f"https://{self.host}:{_ACME}/dir"

    def lead(self, address: str) -> None:
        """Have every name lead to an address."""
        self._ask(f"http://{self.host}:{_NAMES_MANAGED}/set-default-ipv4", {"ip": address})

    def root(self) -> bytes:
        """Return the certificate that what it signs goes back to, as PEM."""
        return self._ask(f"https://{self.host}:{_MANAGED}/roots/0")

    def _ask(self, address: str, said: dict[str, str] | None = None) -> bytes:
        context = ssl.create_default_context(cafile=str(self.own))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        data = None if said is None else json.dumps(said).encode()
        with opener.open(address, data, timeout=_SECONDS_MAX) as answer:
            return bytes(answer.read())

    def wait(self, *processes: "subprocess.Popen[bytes]") -> None:
        """Wait until both its programs answer. Raises `StepFailed`."""
        until = time.monotonic() + _SECONDS_MAX
        while time.monotonic() < until and not any(one.poll() is not None for one in processes):
            try:
                self.root()
                self.lead(self.host)
            except OSError:
                time.sleep(0.2)
            else:
                return
        raise StepFailed("pebble doesn't answer", hint="Its log is in the work folder.")


def check_tools() -> None:
    """Refuse where this can't be tried. Raises `NotReady`."""
    if missing := [name for name in NEEDED if shutil.which(name) is None]:
        raise NotReady(f"this needs {', '.join(missing)}", hint="apt-get install pebble openssl")


@contextmanager
def running(folder: Path, host: str) -> Iterator[Authority]:
    """Run an authority at `host`, for which no name leads anywhere else. Raises `InstallError`."""
    check_tools()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    own, key = folder / "own.pem", folder / "own.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-noenc", "-days", "2", "-subj", "/CN=trial", "-addext", f"subjectAltName=IP:{host}",
         "-keyout", str(key), "-out", str(own)],
        check=True, capture_output=True,
    )  # fmt: skip
    settings = {
        "listenAddress": f"{host}:{_ACME}", "managementListenAddress": f"{host}:{_MANAGED}",
        "certificate": str(own), "privateKey": str(key), "httpPort": 80, "tlsPort": 443,
        "certificateValidityPeriod": _VALID_SECONDS,
        "ocspResponderURL": "", "externalAccountBindingRequired": False,
    }  # fmt: skip
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    with ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("wb"))

        def start(*words: str) -> "subprocess.Popen[bytes]":
            process = subprocess.Popen(
                words, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env={"PATH": "/usr/bin:/bin", "PEBBLE_AUTHZREUSE": "0", "PEBBLE_VA_NOSLEEP": "1"},
            )  # fmt: skip
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        names = start(
            "pebble-challtestsrv", "-dns01", f"{host}:{_NAMES}", "-http01", "", "-https01", "",
            "-tlsalpn01", "", "-management", f"{host}:{_NAMES_MANAGED}", "-defaultIPv6", "",
            "-defaultIPv4", host,
        )  # fmt: skip
        pebble = start("pebble", "-config", str(folder / "pebble.json"),
                       "-dnsserver", f"{host}:{_NAMES}", "-strict")  # fmt: skip
        authority = Authority(host, own)
        authority.wait(names, pebble)
        yield authority
