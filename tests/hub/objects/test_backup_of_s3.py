"""A hub whose content lies in an S3 store is backed up with it, and restored into an empty one."""

import shutil
from pathlib import Path

import pytest

from hub.backup.restoring import restore
from hub.backup.taking import take
from hub.backup.verifying import verify
from hub.config import Config
from hub.hub import Hub, open_hub
from hub.objects.moving import move
from hub.people.actor import of_this_machine
from tests.hub.clients import Client
from tests.hub.objects.test_hub_on_s3 import CONTENT, fetched

ME = of_this_machine()


@pytest.mark.hub_db
def test_a_bucket_that_was_lost_comes_back(filled: Hub, on_s3: Config, tmp_path: Path) -> None:
    move(filled, ME, on_s3.objects, on_s3.objects_endpoint)
    for folder in CONTENT:
        shutil.rmtree(filled.data.repository / folder, ignore_errors=True)
    hub = open_hub(filled.data.root, filled.clock)
    words = Path(shutil.copy(hub.data.passphrase, tmp_path / "words"))
    take(hub, ME, tmp_path / "backups")
    assert not verify(tmp_path / "backups").troubles
    for one in list(hub.objects.list()):
        hub.objects.delete(one.place)
    shutil.rmtree(hub.data.root)

    restore(ME, tmp_path / "backups", tmp_path / "new", filled.clock, passphrase_file=words)
    again = open_hub(tmp_path / "new", filled.clock)
    assert again.config.objects == on_s3.objects
    root = (again.data.metadata / "1.root.json").read_bytes()
    client = Client(fetched(again, tmp_path / "bucket"), tmp_path / "memory", root, filled.clock())
    (offer,) = client.offers()
    assert (offer.version, len(client.files(offer))) == (1, 10)
    assert not (again.data.repository / "bundles").exists() or not any(
        (again.data.repository / "bundles").iterdir()
    )
