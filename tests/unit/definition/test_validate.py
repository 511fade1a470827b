"""What is promised of validating as a whole, whatever the document is."""

from __future__ import annotations

import copy
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penguin_pipes.definition import Severity, parse, refuse_errors, validate
from penguin_pipes.errors import DefinitionError, InvalidDefinitionError

SNAPSHOTS = sorted((Path(__file__).parents[1] / "snapshots").glob("*.json"))
GOOD = [json.loads(path.read_text()) for path in SNAPSHOTS]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def _places(
    value: Any, here: tuple[str | int, ...] = ()
) -> list[tuple[str | int, ...]]:
    """Return the way to everything that *value* holds, itself left out."""
    inside: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    if isinstance(value, list):
        inside = list(enumerate(value))
    below = [place for key, item in inside for place in _places(item, (*here, key))]
    return [*([here] if here else []), *below]


PLACES = [(which, place) for which, good in enumerate(GOOD) for place in _places(good)]


@st.composite
def _spoiled(draw: st.DrawFn) -> Any:
    """Draw a good definition in which one value is something else."""
    which, place = draw(st.sampled_from(PLACES))
    document = copy.deepcopy(GOOD[which])
    inner = document
    for part in place[:-1]:
        inner = inner[part]
    inner[place[-1]] = draw(JSON)
    return document


@pytest.mark.parametrize("path", SNAPSHOTS, ids=lambda path: path.stem)
def test_our_own_definitions_have_no_problem(path: Path) -> None:
    """Not even a warning is told of what the factories render."""
    assert validate(path) == ()


@given(document=JSON)
def test_anything_is_told_of_and_nothing_raised(document: Any) -> None:
    """Whatever JSON is given, the answer is a list of problems, and not an empty one."""
    problems = validate(json.dumps(document))

    assert any(problem.severity is Severity.ERROR for problem in problems)


@given(document=_spoiled())
def test_one_odd_value_never_breaks_the_rules(document: Any) -> None:
    """A definition with anything anywhere is judged, each problem with its address."""
    for problem in validate(document):
        assert problem.address.startswith("$")
        assert problem.problem
        assert problem.hint


@given(document=_spoiled())
def test_what_can_be_read_keeps_every_member(document: Any) -> None:
    """Parsing loses nothing: unknown members come back as they were."""
    try:
        parsed = parse(document)
    except DefinitionError:
        return
    written = json.dumps(document, sort_keys=True)
    assert json.dumps(parsed.raw, sort_keys=True) == written


def test_text_that_is_no_json_is_a_problem_like_others() -> None:
    """What cannot be read is one problem at the root."""
    (problem,) = validate("{")

    assert problem.address == "$"
    assert problem.severity is Severity.ERROR


def test_all_problems_are_told_at_once() -> None:
    """Problems of every kind stand in one list, and the error holds them all."""
    document = copy.deepcopy(GOOD[0])
    document["Steps"][0]["Name"] = "a b"
    document["Steps"][0]["Arguments"]["RoleArn"] = 7
    document["Steps"][0]["CacheConfig"]["ExpireAfter"] = "two weeks"

    with pytest.raises(InvalidDefinitionError) as caught:
        refuse_errors(document)

    message = str(caught.value)
    assert caught.value.address == "$.Steps[0].Name"
    assert message.startswith("the definition has ")
    for address in (
        "\n  $.Steps[0].Name: 'a b'",
        "\n  $.Steps[0].Arguments.RoleArn: ",
        "\n  $.Steps[0].CacheConfig.ExpireAfter: 'two weeks'",
    ):
        assert address in message


def test_warnings_stop_nothing() -> None:
    """What merely costs is returned, and nothing raised."""
    document = copy.deepcopy(GOOD[0])
    del document["Steps"][0]["Arguments"]["StoppingCondition"]

    (problem,) = refuse_errors(document)

    assert problem.severity is Severity.WARNING
    assert problem.address == "$.Steps[0].Arguments"


class TestPackagesWithoutNetwork:
    """Code that wants packages, in a job that cannot fetch them."""

    def _isolated(self) -> tuple[Any, str]:
        document = copy.deepcopy(
            next(each for each in GOOD if each["Steps"][1]["Type"] == "Training")
        )
        request = document["Steps"][1]["Arguments"]
        request["EnableNetworkIsolation"] = True
        return document, request["HyperParameters"]["sagemaker_submit_directory"]

    def _archive(self, path: Path, name: str) -> Path:
        with tarfile.open(path, "w:gz") as archive:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
        return path

    @pytest.mark.parametrize("name", ["requirements.txt", "./requirements.txt"])
    def test_archive_that_lists_them_is_refused(
        self, tmp_path: Path, name: str
    ) -> None:
        """The archive that will be uploaded is looked into."""
        document, uri = self._isolated()
        files = {uri: self._archive(tmp_path / "code.tar.gz", name)}

        with pytest.raises(InvalidDefinitionError, match="no network") as caught:
            refuse_errors(document, files=files)

        assert caught.value.address.endswith(".Arguments.EnableNetworkIsolation")

    def test_folder_that_lists_them_is_refused(self, tmp_path: Path) -> None:
        """A folder that stands for the archive is looked into as well."""
        document, uri = self._isolated()
        (tmp_path / "requirements.txt").touch()

        with pytest.raises(InvalidDefinitionError, match="no network"):
            refuse_errors(document, files={uri: tmp_path})

    def test_other_code_passes(self, tmp_path: Path) -> None:
        """A file further down is nobody's list, and unknown code is not judged."""
        document, uri = self._isolated()
        deeper = self._archive(tmp_path / "code.tar.gz", "data/requirements.txt")
        broken = tmp_path / "broken.tar.gz"
        broken.write_text("no archive")

        for files in ({}, {uri: deeper}, {uri: broken}, {uri: tmp_path / "gone"}):
            assert validate(document, files=files) == ()


def test_big_archives_of_code_are_warned_of(tmp_path: Path) -> None:
    """Code of more than 50 MB gets one warning, which says how big it is."""
    document = copy.deepcopy(
        next(each for each in GOOD if each["Steps"][1]["Type"] == "Training")
    )
    told = document["Steps"][1]["Arguments"]["HyperParameters"]
    big = tmp_path / "sourcedir.tar.gz"
    with big.open("wb") as file:
        file.truncate(51_000_000)
    small = tmp_path / "small"
    small.touch()
    uri = told["sagemaker_submit_directory"]

    (problem,) = validate(document, files={uri: big})

    assert problem.severity is Severity.WARNING
    assert "takes 51 MB" in problem.problem
    assert problem.address.endswith("HyperParameters.sagemaker_submit_directory")
    assert validate(document, files={uri: small}) == ()
