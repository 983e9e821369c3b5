from collections.abc import Mapping
from pathlib import Path

import pytest

from content_packs import samples
from tests.support.sample_packs import sample_folders


@pytest.fixture(scope="session")
def fractions() -> Mapping[int, Path]:
    """The pack `fractions` in both versions, each made by a run of its own."""
    return {version: sample_folders(version) / "fractions" for version in samples.VERSIONS}
