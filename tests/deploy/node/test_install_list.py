"""install.toml: what stands in it is found, what can't be followed is told by file and field."""

import contextlib
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.node.install_list import LIBRARY, LIST_BYTES_MAX, InvalidList, read


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    folder = tmp_path / "deploy" / "node"
    (folder / "clock").mkdir(parents=True)
    (folder / "__init__.py").write_text('"""Node."""\n')
    (folder / "clock" / "__init__.py").write_text('"""Clock."""\n')
    (folder / "clock" / "keeping.py").write_text("def main(): ...\n")
    (folder / "clock" / "clock.service").write_text("[Service]\n")
    return folder


def put(parts: Path, text: str, part: str = "clock") -> Path:
    path = parts / part / "install.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_everything_that_is_named_is_found(parts: Path) -> None:
    put(
        parts,
        'packages = ["util-linux"]\nmodules = ["keeping.py"]\n'
        '[programs]\nsatchel-clock = "keeping.py"\n'
        '[[folder]]\npath = "/var/lib/satchel"\nmode = "0750"\nowner = "satchel"\n'
        '[[file]]\nfrom = "clock.service"\nto = "/usr/lib/systemd/system/clock.service"\n'
        '[[link]]\npath = "/etc/mtab"\ntarget = "/proc/mounts"\n'
        '[units]\nenable = ["clock.service"]\nmask = ["apt-daily.timer"]\n',
    )
    found = read(parts=parts)
    assert found.packages == ("util-linux",)
    assert [(str(each.path), each.mode, each.owner) for each in found.folders] == [
        ("/var/lib/satchel", 0o750, "satchel")
    ]
    files = {str(each.path): each for each in found.files}
    assert files["/usr/lib/systemd/system/clock.service"].mode == 0o644
    assert str(LIBRARY / "deploy" / "__init__.py") in files
    assert files[str(LIBRARY / "deploy/node/__init__.py")].data == b'"""Node."""\n'
    assert files[str(LIBRARY / "deploy/node/clock/__init__.py")].data == b'"""Clock."""\n'
    assert files[str(LIBRARY / "deploy/node/clock/keeping.py")].data == b"def main(): ...\n"
    wrapper = files["/usr/lib/satchel/bin/satchel-clock"]
    assert wrapper.mode == 0o755
    assert b"from deploy.node.clock.keeping import main\n" in wrapper.data
    assert [(str(each.path), each.target) for each in found.links] == [
        ("/etc/mtab", "/proc/mounts")
    ]
    assert found.enable == ("clock.service",)
    assert found.mask == ("apt-daily.timer",)


def test_the_parts_own_lists_can_all_be_read() -> None:
    assert read("image").files
    assert read("deb").files


def test_what_is_for_the_image_only_isnt_in_the_package(parts: Path) -> None:
    put(
        parts,
        '[[file]]\nonly = "image"\nfrom = "clock.service"\n'
        'to = "/usr/lib/systemd/system/c.service"\n'
        '[units]\nenable = ["c.service"]\nmask = ["x.timer"]\n',
    )
    put(parts, 'only = "deb"\npackages = ["hostapd"]\n', part="other")
    image, deb = read("image", parts=parts), read("deb", parts=parts)
    assert (image.enable, image.mask, image.packages) == (("c.service",), ("x.timer",), ())
    assert (deb.files, deb.enable, deb.mask) == ((), (), ())
    assert deb.packages == ("hostapd",)


def test_a_package_leaves_the_units_of_others_as_they_are(parts: Path) -> None:
    """Removed, it would take them along: a system's network, say."""
    put(
        parts,
        '[[file]]\nfrom = "clock.service"\nto = "/usr/lib/systemd/system/clock.service"\n'
        '[units]\nenable = ["clock.service", "systemd-networkd.service"]\n',
    )
    assert read("image", parts=parts).enable == ("clock.service", "systemd-networkd.service")
    assert read("deb", parts=parts).enable == ("clock.service",)


def test_a_unit_that_differs_between_the_two_is_enabled_in_both(parts: Path) -> None:
    for kind in ("image", "deb"):
        (parts / "clock" / f"{kind}.service").write_text(f"# {kind}\n")
    put(
        parts,
        "".join(
            f'[[file]]\nonly = "{kind}"\nfrom = "{kind}.service"\nto = "/usr/lib/c.service"\n'
            for kind in ("image", "deb")
        )
        + '[units]\nenable = ["c.service"]\n',
    )
    assert read("image", parts=parts).enable == read("deb", parts=parts).enable == ("c.service",)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("packages = 'x'", "packages"),
        ("packages = ['; reboot']", "packages"),
        ("surprise = 1", "surprise"),
        ("only = 'laptop'", "only"),
        ("[[file]]\nfrom = 'missing'\nto = '/x'", "file[0].from"),
        ("[[file]]\nfrom = '../clock/clock.service'\nto = '/x'\nhow = 1", "how"),
        ("[[file]]\nfrom = '../__init__.py'\nto = '/x'", "file[0].from"),
        ("[[file]]\nfrom = '/etc/passwd'\nto = '/x'", "file[0].from"),
        ("[[file]]\nfrom = 'clock.service'\nto = 'x'", "file[0].to"),
        ("[[file]]\nfrom = 'clock.service'\nto = '/a/../x'", "file[0].to"),
        ("[[file]]\nfrom = 'clock.service'\nto = '/a//x'", "file[0].to"),
        ("[[file]]\nfrom = 'clock.service'\nto = '/a/'", "file[0].to"),
        ("[[file]]\nfrom = 'clock.service'\nto = '/x'\nmode = 420", "file[0].mode"),
        ("[[file]]\nfrom = 'clock.service'\nto = '/x'\nmode = '4755'", "file[0].mode"),
        ("[[folder]]\npath = '/x'\nowner = 'nobody'", "folder[0].owner"),
        ("[[folder]]\npath = '/'", "folder[0].path"),
        ("[folder]\npath = '/x'", "folder"),
        ("[[link]]\npath = '/x'", "link[0].target"),
        ("[[folder]]\npath = '/x'\n[[link]]\npath = '/x'\ntarget = 'y'", "twice"),
        ("[units]\nenable = ['../x.service']", "units.enable"),
        ("[units]\nstart = ['x.service']", "start"),
        ("[programs]\nx = 'keeping.py'", "programs.x"),
        ("modules = ['nothing.py']", "modules"),
        ("modules = ['keeping.py']\n[programs]\n'X y' = 'keeping.py'", "programs.X y"),
    ],
)
def test_what_cant_be_followed_is_told_by_file_and_field(
    parts: Path, text: str, named: str
) -> None:
    path = put(parts, text)
    with pytest.raises(InvalidList) as told:
        read(parts=parts)
    assert str(path) in str(told.value)
    assert named in str(told.value)


def test_a_link_to_elsewhere_is_no_file_of_the_part(parts: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (parts / "clock" / "harmless").symlink_to(tmp_path / "secret")
    put(parts, "[[file]]\nfrom = 'harmless'\nto = '/x'")
    with pytest.raises(InvalidList, match="inside"):
        read(parts=parts)


def test_two_parts_may_not_put_the_same_file(parts: Path) -> None:
    text = "[[file]]\nfrom = 'clock.service'\nto = '/x'"
    put(parts, text)
    (parts / "other").mkdir()
    (parts / "other" / "clock.service").write_text("")
    put(parts, text, part="other")
    with pytest.raises(InvalidList, match=r"/x is named twice, first in .*clock"):
        read(parts=parts)


def test_one_part_may_not_mask_what_another_enables(parts: Path) -> None:
    put(parts, "[units]\nenable = ['a.service']")
    put(parts, "[units]\nmask = ['a.service']", part="other")
    with pytest.raises(InvalidList, match=r"a\.service"):
        read(parts=parts)


def test_a_list_without_end_is_refused(parts: Path) -> None:
    put(parts, "#" * (LIST_BYTES_MAX + 1))
    with pytest.raises(InvalidList, match=str(LIST_BYTES_MAX)):
        read(parts=parts)


def test_there_is_no_third_kind(parts: Path) -> None:
    with pytest.raises(InvalidList, match="laptop"):
        read("laptop", parts=parts)


_VALUES = st.recursive(
    st.text(max_size=8) | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)
_KEYS = st.sampled_from(
    ["only", "packages", "modules", "programs", "folder", "file", "link", "units"]
)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return "".join(("'", *(c if c.isprintable() and c != "'" else "_" for c in value), "'"))
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_toml(k)} = {_toml(v)}' for k, v in value.items())}}}"
    return str(value)


@given(table=st.dictionaries(_KEYS, _VALUES))
def test_whatever_stands_in_it_it_is_read_or_refused(
    table: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    parts = tmp_path_factory.mktemp("parts") / "node"
    (parts / "part").mkdir(parents=True)
    put(parts, "\n".join(f"{key} = {_toml(value)}" for key, value in table.items()), part="part")
    with contextlib.suppress(InvalidList):
        found = read(parts=parts)
        assert all(PurePosixPath(each.path).is_absolute() for each in found.folders)
