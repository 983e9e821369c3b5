"""`sync-node flash` and `sync-node image-map`: cards, on a technician's laptop."""

from pathlib import Path

import click

from content_packs.command_line import json_option, megabytes, print_json

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("image-map")
@click.argument("image", type=_FILE)
@click.option("-o", "--output", type=_FILE, help="Where to write it. Default: beside the image.")
@json_option
def image_map(*, image: Path, output: Path | None, as_json: bool) -> None:
    """Write the map of IMAGE: which of its blocks hold anything, and their digests."""
    from sync_node.flashing import mapping

    done = mapping.write_map(image, output)
    if as_json:
        print_json(
            {
                "path": str(done.path),
                "digest": done.digest,
                "image": done.map.digest,
                "image_size": done.map.image_size,
                "mapped_size": done.map.mapped_size,
            }
        )
        return
    click.echo(
        f"{done.path}: {megabytes(done.map.mapped_size)} of {megabytes(done.map.image_size)} hold "
        "anything"
    )
    click.echo(f"digest of the map, for sync-node flash --digest: {done.digest}")
