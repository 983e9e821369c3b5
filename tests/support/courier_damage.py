"""The rest of the table of courier cases: what is cut off, rotten, missing, or meant to harm."""

import os
import shutil

from content_packs.limits import GIB
from content_packs.repository import TIMESTAMP
from tests.support.courier_cases import Given, case, cut, flip, new_bundles, new_of

# Cut off, rotten, missing


def _truncated(name: str, pattern: str) -> None:
    def arrange(given: Given) -> None:
        cut(given.newest(pattern))

    arrange.__name__ = f"truncated_{name}"
    case(1)(arrange)


for _name, _pattern in (
    ("timestamp", "metadata/timestamp.json"), ("snapshot", "metadata/*.snapshot.json"),
    ("targets", "metadata/*.targets.json"), ("channel", "metadata/*.c-main.json"),
):  # fmt: skip
    _truncated(_name, _pattern)


@case(1)
def truncated_next_root(given: Given) -> None:
    given.hub.new_root()
    given.hub.sign()
    cut(given.root / "metadata" / "2.root.json")


@case(1)
def truncated_manifest(given: Given) -> None:
    cut(new_of(given, "manifests"))


@case(1)
def truncated_layout(given: Given) -> None:
    cut(new_of(given, "layouts"))


@case(1)
def truncated_bundle(given: Given) -> None:
    for path in new_bundles(given):
        cut(path, to=0.05)


@case(1)
def every_file_is_empty(given: Given) -> None:
    for path in given.root.rglob("*"):
        if path.is_file():
            path.write_bytes(b"")


@case(1)
def every_byte_is_zero(given: Given) -> None:
    for path in given.root.rglob("*"):
        if path.is_file():
            path.write_bytes(bytes(path.stat().st_size))


@case(1)
def bits_are_wrong_all_over_the_bundle(given: Given) -> None:
    for path in new_bundles(given):
        for at in range(20, path.stat().st_size, 997):
            flip(path, at)


@case(1)
def a_bit_is_wrong_in_the_manifest(given: Given) -> None:
    flip(new_of(given, "manifests"))


@case(1)
def a_bit_is_wrong_in_the_timestamp(given: Given) -> None:
    flip(given.root / TIMESTAMP)


@case(1)
def the_bundle_is_missing(given: Given) -> None:
    for path in new_bundles(given):
        path.unlink()


@case(1)
def the_manifest_is_missing(given: Given) -> None:
    new_of(given, "manifests").unlink()


@case(1)
def the_metadata_are_missing(given: Given) -> None:
    shutil.rmtree(given.root / "metadata")


@case(1)
def nothing_but_folders(given: Given) -> None:
    for path in given.root.rglob("*"):
        if path.is_file():
            path.unlink()


@case(1)
def bundles_under_each_others_names(given: Given) -> None:
    [new] = new_bundles(given)
    old = next(path for path in (given.root / "bundles").iterdir() if path != new)
    kept = new.read_bytes()
    new.write_bytes(old.read_bytes())
    old.write_bytes(kept)


@case(1)
def names_in_capitals_of_a_system_that_folds_case(given: Given) -> None:
    for path in [*given.root.rglob("*")]:
        if path.is_file():
            path.rename(path.with_name(path.name.upper()))


@case(1)
def manifest_and_layout_are_swapped(given: Given) -> None:
    one, other = new_of(given, "manifests"), new_of(given, "layouts")
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


# Hostile ones


def _huge(name: str, pattern: str) -> None:
    def arrange(given: Given) -> None:
        os.truncate(given.newest(pattern), 5 * GIB)

    arrange.__name__ = f"a_{name}_of_5_GiB"
    case(1)(arrange)


for _name, _pattern in (
    ("timestamp", "metadata/timestamp.json"), ("snapshot", "metadata/*.snapshot.json"),
):  # fmt: skip
    _huge(_name, _pattern)


@case(1)
def a_manifest_of_5_GiB(given: Given) -> None:  # noqa: N802  # the unit
    os.truncate(new_of(given, "manifests"), 5 * GIB)


@case(1)
def links_to_good_files_elsewhere(given: Given) -> None:
    for path in [*given.root.rglob("*")]:
        if path.is_file():
            away = given.outside / path.name
            path.rename(away)
            path.symlink_to(away)


@case(1)
def a_link_in_place_of_the_metadata_folder(given: Given) -> None:
    (given.root / "metadata").rename(given.outside / "metadata")
    (given.root / "metadata").symlink_to(given.outside / "metadata")


@case(1)
def a_pipe_in_place_of_the_timestamp(given: Given) -> None:
    (given.root / TIMESTAMP).unlink()
    os.mkfifo(given.root / TIMESTAMP)


@case(1)
def a_pipe_in_place_of_the_bundle(given: Given) -> None:
    for path in new_bundles(given):
        path.unlink()
        os.mkfifo(path)


@case(1)
def a_socket_in_place_of_the_manifest(given: Given) -> None:
    path = new_of(given, "manifests")
    path.unlink()
    os.mknod(path, 0o140_644)


@case(1)
def a_folder_in_place_of_the_timestamp(given: Given) -> None:
    (given.root / TIMESTAMP).unlink()
    (given.root / TIMESTAMP).mkdir()


@case(1)
def a_file_in_place_of_the_bundles_folder(given: Given) -> None:
    shutil.rmtree(given.root / "bundles")
    (given.root / "bundles").write_bytes(b"x")


@case(1)
def an_offer_under_another_packs_name(given: Given) -> None:
    given.hub.target_names[2] = "main/other/2"
    given.hub.sign()


@case(1)
def a_manifest_of_another_pack_under_ours(given: Given) -> None:
    foreign = next((given.foreign / "manifests" / "demo").iterdir())
    new_of(given, "manifests").write_bytes(foreign.read_bytes())
