"""The house's walls: who may import whom, how large a thing may grow, who may write to a disk.

Each message says why the wall stands. The rooms are described in README.md.
"""

import ast
import subprocess
import sys
from collections.abc import Callable
from fnmatch import fnmatch
from functools import wraps
from pathlib import Path

import pytest

from tests.support.source_code import (
    CHECKOUT,
    PACKAGES,
    Module,
    imports_among,
    modules_of,
    reachable,
)

MODULES = modules_of(*PACKAGES)
EVERYTHING = [*MODULES, *modules_of("scripts", "tests")]
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50

TOP_LEVEL = {
    ".ci", ".gitignore", "LICENSE", "README.md", "content_packs", "deploy", "hub", "pyproject.toml",
    "scripts", "sync_node", "tests",
}  # fmt: skip

OUTSIDE_WORLD = {
    "network": (
        "socket",
        "ssl",
        "http",
        "urllib.request",
        "requests",
        "flask",
        "waitress",
        "asyncio",
    ),
    "database": ("sqlite3", "peewee", "playhouse"),
    "clock": ("time", "sched"),
}  # fmt: skip
WEB_MODULES = {  # by the last part of their names; also `..._pages`
    "app", "cli", "daemon", "pages", "server", "serving", "web", "web_server", "wiring",
}  # fmt: skip
NOT_FOR_A_TICK = (
    "PIL", "asyncio", "babel", "flask", "jinja2", "markdown_it", "nh3", "numpy", "pypdfium2",
    "requests", "urllib3", "waitress", "werkzeug", "content_packs.builder", "content_packs.pages",
    "sync_node.daemon", "sync_node.lan",
)  # fmt: skip
CLOCK_CALLS = {"now", "utcnow", "today", "fromtimestamp"}

# Who opens files for writing besides durable.py, and why that is right.
WRITERS = {
    "content_packs/durable.py": "it is the recipe",
    "content_packs/cpack.py": "entries of a zip, inside a file that durable.py gave",
    "content_packs/stick.py": "a stick: written, read back, renamed; some can't fsync folders",
    "hub/school_requests/files.py": "pieces of a file, fsynced here, renamed by durable.py",
    "hub/uploads/files.py": "uploads on their way in, fsynced here before an offset is told",
    "hub/in_service.py": "a file to be locked: the kernel holds the lock, it holds nothing",
    "hub/lock.py": "the lock file: the kernel holds the lock, its text is for people",
    "hub/monitoring/sharing.py": "locks, and figures that mean nothing once the server has ended",
    "content_packs/packing.py": "the bundle in the making: cpack.write copies it durably",
    "sync_node/lan/compiled_templates.py": "an image in the making: made anew where it is cut off",
    "sync_node/flashing/card.py": "a card: written past the cache, and read back",
    "sync_node/flashing/composing.py": "what belongs on a card, put together: gone afterwards",
    "sync_node/flashing/flashing.py": "the lock of a work folder, which holds nothing",
    "sync_node/flashing/unpacking.py": "an unpacked image in the work folder: gone afterwards",
    "sync_node/log_files.py": "logs: a power cut may cost the last lines",
    "sync_node/lock.py": "the lock is an open file; it holds nothing",
    "sync_node/progress_file.py": "how far a tick is: it means nothing after a power cut",
    "sync_node/school/uploads.py": "films on their way in, fsynced here and renamed by durable.py",
    "sync_node/store.py": "files in the making, fsynced here and renamed by durable.py",
}
WRITING_CALLS = {"write_bytes", "write_text", "copyfile", "copyfileobj", "copytree", "copy2"}


def each_of(modules: list[Module]) -> Callable[[Callable[[Module], None]], Callable[[], None]]:
    """Make one test of a rule for each of these modules; it tells all that break the rule."""

    def test_of(rule: Callable[[Module], None]) -> Callable[[], None]:
        @wraps(rule)
        def test() -> None:
            faults = []
            for module in modules:
                try:
                    rule(module)
                except AssertionError as fault:
                    faults.append(str(fault).split("\nassert ", 1)[0])
            assert not faults, "\n".join(faults)

        del test.__wrapped__  # pytest would take the rule's parameter for a fixture
        return test

    return test_of


def _imports(module: Module, name: str) -> bool:
    return any(found == name or found.startswith(f"{name}.") for found in module.imports)


@each_of(modules_of("content_packs"))
def test_the_format_knows_no_network_database_or_clock(module: Module) -> None:
    for world, names in OUTSIDE_WORLD.items():
        for name in names:
            assert not _imports(module, name), (
                f"{module.place} imports {name}: content_packs has no {world}, so that the formats "
                "mean the same on a hub, a node and an author's machine"
            )
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert not (node.value.id in {"datetime", "date"} and node.attr in CLOCK_CALLS), (
                f"{module.place}:{node.lineno} reads the clock: a time comes in as a parameter"
            )


FORBIDDEN = {
    "content_packs": {
        "hub": "the format is below both programs",
        "sync_node": "the format is below both programs",
    },
    "hub": {"sync_node": "what the two say to each other is defined once, in content_packs"},
    "sync_node": {"hub": "what the two say to each other is defined once, in content_packs"},
}


@each_of(MODULES)
def test_hub_and_node_know_only_the_format(module: Module) -> None:
    for other, reason in {**FORBIDDEN[module.package], "tests": "tests are not installed"}.items():
        assert not _imports(module, other), f"{module.place} imports {other}: {reason}"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_import_cycle(package: str) -> None:
    graph = imports_among(modules_of(package))
    for name, imported in graph.items():
        for other in imported:
            assert name not in reachable(graph, other), (
                f"{name} and {other} import each other: a module imports only lower ones, so that "
                "each can be understood without those above it"
            )


def test_http_is_spoken_in_one_place() -> None:
    modules = modules_of("sync_node")
    importers = {module.name for module in modules if _imports(module, "http.client")}
    assert importers == {"sync_node.exchange"}, (
        f"{sorted(importers)} import http.client: every byte is counted and every error translated "
        "in one place"
    )
    graph = imports_among(modules)
    for module in modules:
        assert not _imports(module, "requests"), f"{module.place}: see DECISIONS.md, 25"
        if module.name.startswith("sync_node.lan"):
            met = reachable(graph, module.name) & importers
            assert not met, f"{module.place} loads {sorted(met)}: the site never reaches out"


@pytest.mark.parametrize("library", ["flask", "waitress"])
def test_web_libraries_stay_in_the_faces(library: str) -> None:
    for module in MODULES:
        last = module.name.rsplit(".", 1)[-1]
        in_face = (
            module.name.startswith(("sync_node.lan", "hub.api", "hub.console"))
            or last in WEB_MODULES
            or last.endswith("_pages")
        )
        assert in_face or not _imports(module, library), (
            f"{module.place} imports {library}: what a program does is below how it is shown, and "
            "has to work from a command line too"
        )


def test_a_tick_loads_only_what_it_needs(tmp_path: Path) -> None:
    code = (
        # peewee and securesystemslib import what they find; a checkout has what no box has.
        "import sys\nsys.modules.update(psycopg=None, psycopg2=None, boto3=None)\n"
        "from sync_node.cli import main\n"
        "try:\n    main(['sync', '--data', sys.argv[1]])\n"
        "except SystemExit:\n    print(*sys.modules)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "no-node")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=CHECKOUT)
    loaded = set(done.stdout.split())
    assert {"tuf.ngclient", "sync_node.engine"} <= loaded, done.stderr
    for module in NOT_FOR_A_TICK:
        assert module not in loaded, (
            f"`sync-node sync` loads {module}: that costs each tick of a small box time and memory "
            "for nothing"
        )


@each_of(EVERYTHING)
def test_imports_stand_at_the_top(module: Module) -> None:
    if module.path.name == "cli.py":
        return  # a command imports what it needs: `--help` on a Pi stays quick
    for function in module.functions:
        for node in ast.walk(function):
            assert not isinstance(node, ast.Import | ast.ImportFrom), (
                f"{module.place}:{node.lineno} imports inside a function: that hides who knows "
                "whom, and cycles"
            )


@each_of(EVERYTHING)
def test_files_and_functions_stay_small(module: Module) -> None:
    lines = module.text.count("\n")
    assert lines <= FILE_LINES_MAX, (
        f"{module.place} has {lines} lines, at most {FILE_LINES_MAX}: a file is one idea"
    )
    for function in module.functions:
        length = (function.end_lineno or 0) - function.lineno + 1
        assert length <= FUNCTION_LINES_MAX, (
            f"{module.place}:{function.lineno} {function.name} has {length} lines, at most "
            f"{FUNCTION_LINES_MAX}: a function does one thing"
        )


@each_of(MODULES)
def test_modules_say_what_they_are_for(module: Module) -> None:
    if module.text.strip():
        assert ast.get_docstring(module.tree), (
            f"{module.place} has no docstring: a module's rules stand at its top"
        )
    assert module.name.rsplit(".", 1)[-1] not in {"utils", "helpers", "common", "misc", "util"}, (
        f"{module.place}: such a name says nothing, so anything ends up in it"
    )


@each_of(MODULES)
def test_only_durable_writes_files(module: Module) -> None:
    if module.place in WRITERS:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            assert not _writes(node), (
                f"{module.place}:{node.lineno} writes a file by itself: only durable.py knows how "
                "a file survives a power cut. Where it need not, add the reason to WRITERS."
            )


def _writes(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in WRITING_CALLS:
        return True
    if name != "open":
        return False
    texts = [
        node.value
        for argument in (*call.args, *(keyword.value for keyword in call.keywords))
        for node in ast.walk(argument)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    names = {node.attr for node in ast.walk(call) if isinstance(node, ast.Attribute)}
    modes = [text for text in texts if len(text) <= 3 and set(text) <= set("rwaxbt+")]
    return any(set(mode) & set("wax+") for mode in modes) or bool(
        names & {"O_WRONLY", "O_RDWR", "O_CREAT"}
    )


def test_the_list_of_writers_is_true() -> None:
    for place, reason in WRITERS.items():
        calls = [
            node
            for module in MODULES
            if module.place == place
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Call) and _writes(node)
        ]
        assert calls, f"{place} no longer writes ({reason}): take it out of WRITERS"


def test_the_top_of_the_checkout_holds_only_what_belongs_there() -> None:
    ignored = [
        line.strip("/")
        for line in (CHECKOUT / ".gitignore").read_text(encoding="utf-8").splitlines()
    ]
    found = {
        entry.name
        for entry in CHECKOUT.iterdir()
        if entry.name != ".git" and not any(fnmatch(entry.name, pattern) for pattern in ignored)
    }
    assert found <= TOP_LEVEL, (
        f"{sorted(found - TOP_LEVEL)}: the top holds the rooms and nothing else, so that a "
        "stranger sees the whole house at once"
    )
