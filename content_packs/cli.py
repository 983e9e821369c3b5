"""`content-packs`: makes pack folders and cpacks, and looks into them. See CLI.md."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from content_packs.command_line import Group, json_option, print_json
from content_packs.errors import UsageError

_FOLDER = click.Path(path_type=Path, file_okay=True)
_FILE = click.Path(path_type=Path)


def _examples(*lines: str) -> str:
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


@click.group(
    cls=Group, extras="author,samples", context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="satchel")
def main() -> None:
    """Make packs of lessons from folders, and look into them."""


@main.command(epilog=_examples("content-packs new grade4-maths"))
@click.argument("folder", type=_FOLDER)
def new(folder: Path) -> None:
    """Start a pack in FOLDER: a small one that works, with comments that teach."""
    import shlex

    from content_packs import scaffold

    written = scaffold.new(folder)
    following = shlex.join(["content-packs", "lint", str(folder)])
    click.echo(f"{folder}: {len(written)} files. Next: {following}")


@main.command(epilog=_examples("content-packs lint grade4-maths"))
@click.argument("folder", type=_FOLDER)
@click.option("--version", type=int, help="Check as this version, not the one in pack.toml.")
@json_option
def lint(folder: Path, version: int | None, *, as_json: bool) -> None:
    """Tell every fault of a pack FOLDER: where it is, what it is, what to do."""
    from content_packs import lint as linting
    from content_packs import sayings
    from content_packs.faults import FaultyFolder

    faults = linting.lint(_existing_folder(folder), version=version)
    sayings.say_faults(faults, as_json=as_json)
    if any(fault.severity == "error" for fault in faults):
        sayings.end_with(FaultyFolder(folder, faults), as_json=as_json)


@main.command(
    epilog=_examples(
        "content-packs build grade4-maths",
        "content-packs build grade4-maths -o /media/stick/maths.cpack --version 7",
        "content-packs build grade4-maths --after grade4-maths-6.cpack",
    )
)
@click.argument("folder", type=_FOLDER)
@click.option("-o", "--output", type=_FILE, help="Where to write; default ID-VERSION.cpack here.")
@click.option("--version", type=int, help="Build as this version, not the one in pack.toml.")
@click.option("--after", type=_FILE, help="Leave out what this earlier cpack of the pack has.")
@json_option
def build(
    folder: Path, output: Path | None, version: int | None, after: Path | None, *, as_json: bool
) -> None:
    """Build the pack in FOLDER into one file. Refuses a folder with errors."""
    from content_packs import builder, sayings
    from content_packs.faults import FaultyFolder

    try:
        with progress("building", quiet=as_json) as advance:
            built = builder.build(
                _existing_folder(folder),
                output,
                version=version,
                progress=advance,
                earlier_of=builder.after(after) if after else builder.no_earlier,
            )
    except FaultyFolder as error:
        sayings.say_faults(error.faults, as_json=as_json)
        sayings.end_with(error, as_json=as_json)
    sayings.say_built(built, as_json=as_json)


@main.command(epilog=_examples("content-packs inspect grade4-maths-7.cpack"))
@click.argument("file", type=_FILE)
@json_option
def inspect(file: Path, *, as_json: bool) -> None:
    """Show what a cpack FILE holds: outline, languages, sizes, renditions, digest."""
    import msgspec

    from content_packs import inspect as inspecting
    from content_packs.cpack import open_cpack

    with open_cpack(file) as cpack:
        found = inspecting.overview(cpack)
    if as_json:
        print_json(msgspec.to_builtins(found))
    else:
        click.echo("\n".join(inspecting.words_of(found)))


@main.command(epilog=_examples("content-packs verify grade4-maths-7.cpack"))
@click.argument("file", type=_FILE)
@json_option
def verify(file: Path, *, as_json: bool) -> None:
    """Check every byte of a cpack FILE against its digests, and the signature beside it."""
    from content_packs import cpack as cpacks
    from content_packs import publications, sayings

    with cpacks.open_cpack(file) as cpack:
        with progress("verifying", quiet=as_json) as advance:
            cpacks.verify(cpack, advance)
        document = publications.read_signature(file)
        signer = None
        if document is not None:
            what = str(publications.signature_path(file))
            signer = publications.check(document, cpack, what=what)
        sayings.say_verified(cpack, signer, as_json=as_json)


@main.command(epilog=_examples("content-packs keygen river-press"))
@click.argument("file", type=_FILE)
@click.option("--passphrase-file", type=_FILE, help="Encrypt it with the passphrase in this file.")
@json_option
def keygen(file: Path, passphrase_file: Path | None, *, as_json: bool) -> None:
    """Make a publisher's key: FILE.pem, to keep, and FILE.pub, for the hub."""
    from content_packs import publishing_keys, sayings

    sayings.say_key(publishing_keys.make(file, passphrase_file), as_json=as_json)


@main.command(epilog=_examples("content-packs sign grade4-maths-7.cpack --key river-press.pem"))
@click.argument("file", type=_FILE)
@click.option("--key", "key_file", type=_FILE, required=True, help="The publisher's private key.")
@click.option("--passphrase-file", type=_FILE, help="The file with the key's passphrase.")
@json_option
def sign(file: Path, key_file: Path, passphrase_file: Path | None, *, as_json: bool) -> None:
    """Sign a cpack FILE with a publisher's key; the signature lies beside it."""
    from content_packs import cpack as cpacks
    from content_packs import publications, publishing_keys, sayings

    key = publishing_keys.read(key_file, passphrase_file)
    with cpacks.open_cpack(file) as cpack:
        signer = publications.sign(cpack, key)
        sayings.say_signed(cpack, signer, as_json=as_json)


@main.command(epilog=_examples("content-packs diff grade4-maths-6.cpack grade4-maths-7.cpack"))
@click.argument("older", type=_FILE)
@click.argument("newer", type=_FILE)
@json_option
def diff(older: Path, newer: Path, *, as_json: bool) -> None:
    """Say what changed from the cpack OLDER to NEWER, and what the update costs."""
    from content_packs import diff as diffing
    from content_packs import sayings
    from content_packs.cpack import open_cpack

    with open_cpack(older) as a, open_cpack(newer) as b:
        difference = diffing.diff(a, b)
    sayings.say_difference(difference, as_json=as_json)


@main.command(epilog=_examples("content-packs extract grade4-maths-7.cpack looked-at"))
@click.argument("file", type=_FILE)
@click.argument("folder", type=_FOLDER)
@json_option
def extract(file: Path, folder: Path, *, as_json: bool) -> None:
    """Write the files of a cpack FILE into FOLDER, which has to be empty or new."""
    from content_packs import cpack as cpacks
    from content_packs import sayings, scaffold

    scaffold.refuse_unless_empty(folder)
    with cpacks.open_cpack(file) as cpack:
        with progress("extracting", quiet=as_json) as advance:
            cpacks.extract(cpack, folder, advance)
        sayings.say_extracted(cpack, folder, as_json=as_json)


@main.command(
    epilog=_examples("content-packs samples packs", "content-packs samples packs-2 --version 2")
)
@click.argument("out", type=_FOLDER)
@click.option("--version", type=click.IntRange(1), default=1, show_default=True)
def samples(out: Path, version: int) -> None:
    """Write the folders of the sample packs into OUT, with their videos."""
    from content_packs import samples as sampling

    for pack in sampling.PACKS:
        made = sampling.make(pack, version, out, report=lambda line: click.echo(line, err=True))
        click.echo(made)


def _existing_folder(folder: Path) -> Path:
    if folder.is_file():
        raise UsageError(
            f"{folder}: is a file, expected a pack folder",
            hint="Name the folder that pack.toml lies in. Into a .cpack file looks: "
            "content-packs inspect FILE",
        )
    if not folder.is_dir():
        raise UsageError(
            f"{folder}: there is no such folder",
            hint=f"Start one with: content-packs new {folder}",
        )
    return folder


@contextmanager
def progress(what: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that takes bytes done and in all; shows them where a person looks on."""
    import sys

    if quiet or not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from content_packs import progress_bar

    with progress_bar.shown(what) as advance:
        yield advance
