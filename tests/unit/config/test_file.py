"""pipeline.toml and [tool.penguin_pipes], found and read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from penguin_pipes.config.file import find_config, read_layers
from penguin_pipes.errors import ConfigError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working folder; paths below it are written as users do."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"pipeline.toml": ""}, "pipeline.toml"),
        ({"pyproject.toml": "[tool.ruff]\n"}, None),
        ({"pyproject.toml": "tool = 5\n"}, None),
        ({"pyproject.toml": "[tool.penguin_pipes]\n"}, "pyproject.toml"),
        ({"pyproject.toml": "[tool.penguin_pipes]\n", "pipeline.toml": ""}, "pipeline.toml"),
        ({"../pipeline.toml": ""}, None),
    ],
)  # fmt: skip
def test_the_working_folders_own_file_is_found(
    here: Path, files: dict[str, str], expected: str | None
) -> None:
    """pipeline.toml, or else a pyproject.toml with a section; nothing above."""
    for name, text in files.items():
        (here / name).write_text(text)

    assert find_config(Path()) == (Path(expected) if expected else None)


@pytest.mark.usefixtures("here")
def test_pyproject_holds_the_config_in_a_section() -> None:
    """What stands around the section is no business of ours."""
    text = '[project]\nname = "x"\n[tool.penguin_pipes]\nregion = "eu-west-1"\n'
    Path("pyproject.toml").write_text(text)

    layers = read_layers(Path("pyproject.toml"))
    region = layers.get("region")

    assert region is not None
    assert (region.value, region.origin) == ("eu-west-1", "pyproject.toml")
    assert layers.get("name") is None


@pytest.mark.usefixtures("here")
def test_an_environment_is_read_over_the_rest_of_the_file() -> None:
    """A value is the section's where it names one, else the file's."""
    Path("pipeline.toml").write_text(
        'region = "eu-west-1"\nbucket = "acme"\n[env.staging]\nbucket = "acme-test"\n'
    )

    layers = read_layers(Path("pipeline.toml"), env="staging")

    found = {name: layers.get(name) for name in ("region", "bucket")}
    assert {key: (each.value, each.origin) for key, each in found.items() if each} == {
        "region": ("eu-west-1", "pipeline.toml"),
        "bucket": ("acme-test", "pipeline.toml [env.staging]"),
    }


def test_no_file_says_nothing() -> None:
    """Without a file there is no value, and no pipeline of its own."""
    layers = read_layers(None)

    assert (layers.get("region"), layers.is_own) == (None, False)


@pytest.mark.parametrize(
    ("text", "env", "message"),
    [
        ("a = 1\nb = \n", None, "pipeline.toml: no TOML: Invalid value (at line 2, column 5)"),
        ("a = 1\nb = [1,\n", None, "pipeline.toml: no TOML: Invalid value (at line 2, its end)"),
        ("a = 1\na = 2\n", None, "Cannot overwrite a value (at line 2, column 6)"),
        (f"a = 1{'0' * 5000}\n", None, "pipeline.toml: no TOML: Exceeds the limit"),
        ("[env.staging]\n[env.prod]\n", "stagin", "pipeline.toml: there is no section [env.stagin]; did you mean 'staging'? There are: [env.staging], [env.prod]"),
        ("name = 'x'\n", "staging", "there is no section [env.staging]; There are: none"),
        ("env = 5\n", "staging", "there is no section [env.staging]"),
        ("[env]\nstaging = 5\n", "staging", "there is no section [env.staging]"),
        ("[env.staging.env.inner]\n", "staging", "pipeline.toml [env.staging]: env: an environment has none of its own"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("here")
def test_what_is_wrong_with_a_file_is_told(
    text: str, env: str | None, message: str
) -> None:
    """The message names the file, the place and the way out."""
    Path("pipeline.toml").write_text(text)

    with pytest.raises(ConfigError, match=re.escape(message)):
        read_layers(Path("pipeline.toml"), env=env)


@pytest.mark.usefixtures("here")
def test_a_broken_pyproject_is_told_while_looking_for_it() -> None:
    """It might have had the section; a config is not silently passed over."""
    Path("pyproject.toml").write_text("[tool\n")

    with pytest.raises(ConfigError, match=r"pyproject\.toml: no TOML: .*line 1"):
        find_config(Path())


@pytest.mark.usefixtures("here")
def test_files_that_cannot_be_read_are_told() -> None:
    """Missing, a folder, no text, no section: each by its name."""
    Path("folder.toml").mkdir()
    Path("binary.toml").write_bytes(b"\xff\xfe")
    Path("pyproject.toml").write_text("[tool.ruff]\n")

    for name, message in {
        "no.toml": "no.toml: expected a TOML file that can be read; No such file",
        "folder.toml": "folder.toml: expected a TOML file that can be read; Is a dir",
        "binary.toml": "that can be read; it is not UTF-8",
        "pyproject.toml": "there is no table [tool.penguin_pipes] in it; add one",
    }.items():
        with pytest.raises(ConfigError, match=re.escape(message)):
            read_layers(Path(name))


def test_an_environment_needs_a_file() -> None:
    """--env without a file is refused, or it would do nothing."""
    with pytest.raises(ConfigError, match=r"--env prod: there is no file .*\[env.prod"):
        read_layers(None, env="prod")
