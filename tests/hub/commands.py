"""`hub` as it is typed, on one data directory."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from hub.cli import main
from hub.options import DATA_VARIABLE


class Commands:
    """Runs `hub` on one data directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *arguments: str | Path) -> Result:
        words = [str(argument) for argument in arguments]
        environment = {DATA_VARIABLE: str(self.root), "COLUMNS": "200"}
        return CliRunner().invoke(main, words, env=environment)

    def say(self, *arguments: str | Path) -> str:
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.output

    def json(self, *arguments: str | Path) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        assert result.stdout.count("\n") == 1
        return json.loads(result.stdout)

    def fail(self, *arguments: str | Path) -> tuple[int, str]:
        result = self.run(*arguments)
        assert "Traceback" not in result.output
        return result.exit_code, result.stderr
