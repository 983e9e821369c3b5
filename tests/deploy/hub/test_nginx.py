"""The site that `install` gives nginx: answered by a real nginx before a real hub, with TLS."""

import http.client
import os
import re
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from content_packs import repository
from deploy.hub import nginx as site_of
from deploy.hub import tls
from deploy.hub.errors import StepFailed
from deploy.hub.nginx import SHIPPED, Front
from deploy.hub.places import Places
from hub.clock import system_clock
from hub.initialising import initialise
from tests.support import nginx
from tests.support.nginx import free_port

pytestmark = pytest.mark.skipif(nginx.PROGRAM is None, reason="nginx isn't installed")
FRONT = Front(
    host="localhost", repository=Path("/r"), acme=Path("/a"), certificate=Path("/c"),
    key=Path("/k"), known=False, own_content=True, ipv6=False,
)  # fmt: skip


@dataclass(frozen=True)
class Server:
    """A hub behind nginx. `folder`: its places."""

    places: Places
    plain: int
    secured: int

    def get(self, port: int, path: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        if port == self.secured:
            context = ssl.create_default_context(cafile=str(self.places.certificate))
            asked: http.client.HTTPConnection = http.client.HTTPSConnection(
                "localhost", port, context=context, timeout=30
            )
        else:
            asked = http.client.HTTPConnection("localhost", port, timeout=30)
        try:
            asked.request("GET", path)
            answer = asked.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            asked.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("server")
    for above in (root, *root.parents):
        if Path(tempfile.gettempdir()) in above.parents:
            above.chmod(0o755)  # nginx's worker is another user
    places = Places(root)
    places.data.parent.mkdir(parents=True)
    initialise(places.data, "main", system_clock)
    places.acme.mkdir(parents=True)
    tls.make_self_signed("localhost", places)
    hub_port, plain, secured = free_port(), free_port(), free_port()
    config = places.config.read_text().replace("port = 8470", f"port = {hub_port}")
    places.config.write_text(f'{config}trusted_proxy = "127.0.0.1"\nworkers = 1\n')
    text = site_of.site(
        replace(
            FRONT, repository=places.data / "repository", acme=places.acme,
            certificate=places.certificate, key=places.certificate_key,
        ),
        SHIPPED.read_text(),
    )  # fmt: skip
    text = text.replace("listen 80 ", f"listen 127.0.0.1:{plain} ")
    text = text.replace("listen 443 ", f"listen 127.0.0.1:{secured} ")
    text = text.replace("127.0.0.1:8470", f"127.0.0.1:{hub_port}")
    text = text.replace("/run/satchel-hub-nginx", f"{root}/cache")
    hub = subprocess.Popen(
        [sys.executable, "-m", "hub.cli", "serve", "--data", str(places.data)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert hub.stdout is not None
        assert "listening" in hub.stdout.readline()
        with nginx.running(text, root / "nginx"):
            yield Server(places, plain, secured)
    finally:
        hub.send_signal(signal.SIGTERM)
        hub.communicate(timeout=60)


def test_with_tls_a_box_reads_the_signed_time_and_content(server: Server):
    status, _, body = server.get(server.secured, f"/{repository.TIMESTAMP}")
    assert (status, b'"timestamp"' in body) == (200, True)
    status, headers, body = server.get(server.secured, "/metadata/1.root.json")
    assert status == 200
    assert body == (server.places.data / "repository/metadata/1.root.json").read_bytes()
    assert headers["Cache-Control"] == "max-age=31536000"


def test_with_tls_a_person_finds_the_door(server: Server):
    status, headers, _ = server.get(server.secured, "/")
    assert status in {200, 302, 303}
    assert "http://" not in headers.get("Location", "")
    assert "Strict-Transport-Security" not in headers  # nobody but us signed the certificate


def test_without_tls_one_is_sent_on(server: Server):
    status, headers, _ = server.get(server.plain, "/console/?a=b")
    assert (status, headers["Location"]) == (308, "https://localhost/console/?a=b")


def test_what_lets_encrypt_asks_for_is_answered_without_tls(server: Server):
    folder = server.places.acme / ".well-known/acme-challenge"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "token_1").write_text("answer")
    assert server.get(server.plain, "/.well-known/acme-challenge/token_1")[2] == b"answer"
    assert server.get(server.plain, "/.well-known/acme-challenge/other")[0] == 404


def test_the_certificates_digest_is_what_a_box_compares(server: Server):
    der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("localhost", server.secured)))
    said = subprocess.run(["sha256sum"], input=der, capture_output=True, check=True).stdout
    assert tls.digest(server.places.certificate) == said.decode().split()[0]


def test_a_certificate_that_is_there_stays_until_the_name_is_another(tmp_path: Path):
    places = Places(tmp_path)
    tls.make_self_signed("hub.example.org", places)
    first = tls.digest(places.certificate)
    tls.make_self_signed("hub.example.org", places)
    assert tls.digest(places.certificate) == first
    tls.make_self_signed("192.0.2.7", places)
    assert tls.digest(places.certificate) != first
    assert places.certificate_key.stat().st_mode & 0o077 == 0
    shown = subprocess.run(
        ["openssl", "x509", "-in", places.certificate, "-noout", "-ext", "subjectAltName"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "IP Address:192.0.2.7" in shown.stdout


def says(text: str, folder: Path) -> str:
    """Return what `nginx -t` says of a site."""
    folder.mkdir()
    (folder / "site.conf").write_text(text.replace("/run/satchel-hub-nginx", f"{folder}/cache"))
    main = nginx._MAIN.replace("daemon off;\n", "").format(folder=folder)
    (folder / "main.conf").write_text(main)
    done = subprocess.run(
        [str(nginx.PROGRAM), "-t", "-p", str(folder), "-c", str(folder / "main.conf")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return "" if done.returncode == 0 else done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="nginx -t opens ports below 1024")
@pytest.mark.parametrize("ipv6", [True, False])
@pytest.mark.parametrize("own_content", [True, False])
@pytest.mark.parametrize("way", ["none", "own", "known"])
def test_nginx_takes_every_site(tmp_path: Path, way: str, *, own_content: bool, ipv6: bool):
    places = Places(tmp_path)
    tls.make_self_signed("hub.example.org", places)
    front = replace(
        FRONT, own_content=own_content, ipv6=ipv6, known=way == "known",
        certificate=None if way == "none" else places.certificate,
        key=None if way == "none" else places.certificate_key,
    )  # fmt: skip
    text = site_of.site(front, SHIPPED.read_text())
    assert says(text, tmp_path / "nginx") == ""
    assert ("Strict-Transport-Security" in text) == (way == "known")
    assert bool(re.search(r"^\s*root /r;", text, re.MULTILINE)) == own_content


def test_what_is_shipped_by_hand_is_taken_too(tmp_path: Path):
    text = SHIPPED.read_text().replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    assert says(text, tmp_path / "nginx") == ""


def test_another_versions_site_is_refused():
    with pytest.raises(StepFailed, match="isn't the one of this version"):
        site_of.site(FRONT, "server {\n    listen 80;\n}\n")
