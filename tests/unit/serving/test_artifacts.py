"""Which files are served, and that none is read which was changed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from penguin_pipes.errors import InputError
from penguin_pipes.local import History, Run, Status, StepRun, Trial
from penguin_pipes.local.cache.key import Key
from penguin_pipes.local.cache.results import Output, Result, Results
from penguin_pipes.local.database import Database
from penguin_pipes.local.digests import Digests
from penguin_pipes.serving.artifacts import find

if TYPE_CHECKING:
    from collections.abc import Callable

AT = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@attrs.frozen
class Home:
    """A home with records of runs that nobody has to wait for."""

    path: Path

    def write(self, name: str, content: str) -> Path:
        """Return a file of this content in the storage."""
        path = self.path / "s3" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def step(self, name: str, **artifacts: Path) -> StepRun:
        """Return a step that made *artifacts*."""
        return StepRun(
            name=name,
            type="Processing" if name == "prepare" else "Training",
            job_name=name,
            log=self.path / "log",
            status=Status.SUCCEEDED,
            artifacts=artifacts,
        )

    def steps(self, run: str) -> tuple[StepRun, StepRun]:
        """Return a preprocessor's step and a training's."""
        self.write(f"{run}/transformers/features.joblib", "fitted")
        schema = self.write(f"{run}/transformers/schema.json", "{}")
        model = self.write(f"{run}/model.tar.gz", f"model of {run}")
        return (
            self.step("prepare", transformers=schema.parent),
            self.step("train", model=model),
        )

    def keep(
        self,
        run: str,
        *steps: StepRun,
        outputs: dict[str, Path] | None = None,
        status: Status = Status.SUCCEEDED,
    ) -> None:
        """Write down a run, and the digests of what its steps made."""
        record = Run(id=run, pipeline="p", started_at=AT, status=status, steps=steps)
        with Database(self.path) as database:
            History(database).save(record)
            for step in steps:
                made = outputs if step.trials and outputs else dict(step.artifacts)
                result = Result(
                    run=run,
                    step=step.name,
                    pipeline="p",
                    key=Key(parts={}, surroundings={}),
                    properties={},
                    outputs={
                        name: Output(path=path, sha256=Digests().of(path))
                        for name, path in made.items()
                    },
                    finished_at=AT,
                )
                if step.reused_from is None:
                    Results(database).keep(result)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home without runs."""
    return Home(tmp_path / "home")


def test_latest_is_the_newest_run_that_succeeded(home: Home) -> None:
    """One that failed after it does not take its place."""
    home.keep("first", *home.steps("first"))
    home.keep("second", *home.steps("second"))
    home.keep("third", *home.steps("third"), status=Status.FAILED)

    found = find("latest", home.path)

    assert found.name == "run second of p"
    assert found.model == b"model of second"
    assert found.transformers == {"features.joblib": b"fitted", "schema.json": b"{}"}


def test_a_run_is_found_by_its_id(home: Home) -> None:
    """Whether or not others came later."""
    home.keep("first", *home.steps("first"))
    home.keep("second", *home.steps("second"))

    assert find("first", home.path).model == b"model of first"


def test_what_a_run_took_from_an_earlier_one_is_held_to_that_record(home: Home) -> None:
    """Steps that were reused have their digests in the run that made their outputs."""
    prepare, train = home.steps("first")
    home.keep("first", prepare, train)
    again = [attrs.evolve(step, reused_from="first") for step in (prepare, train)]
    home.keep("second", *again)

    assert find("second", home.path).model == b"model of first"


@pytest.mark.parametrize("kind", ["RegisterModel", "Model"])
def test_a_run_that_went_on_to_a_registered_model_is_served(
    home: Home, kind: str
) -> None:
    """What was registered is the training's model in another archive, and no second."""
    prepare, train = home.steps("first")
    packed = home.write("packed/model.tar.gz", "packed")
    register = attrs.evolve(home.step("register", model=packed), type=kind)
    home.keep("first", prepare, train, register)

    assert find("latest", home.path).model == b"model of first"


def test_the_best_trial_of_a_tuning_step_is_served(home: Home) -> None:
    """By its own digest in the record of the step."""
    prepare, _ = home.steps("first")
    models = {
        number: home.write(f"{number}/m.tar.gz", str(number)) for number in (1, 2)
    }
    trials = tuple(
        Trial(
            number=number,
            job_name=f"trial-{number}",
            log=home.path / "log",
            status=Status.SUCCEEDED,
            objective=float(number),
            artifacts={"model": path},
        )
        for number, path in models.items()
    )
    tune = attrs.evolve(home.step("tune"), trials=trials, type="Tuning")
    kept = {f"model of trial {number}": path for number, path in models.items()}
    home.keep("first", prepare, tune, outputs=kept)

    assert find("latest", home.path).model == b"2"


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("first/model.tar.gz", "train of run first, output 'model'"),
        ("first/transformers/features.joblib", "prepare of run first"),
        ("first/transformers/schema.json", "prepare of run first"),
        ("first/transformers/added.py", "prepare of run first"),
    ],
)
def test_what_was_changed_since_the_run_is_refused(
    home: Home, name: str, place: str
) -> None:
    """A byte in any file, or a file more, keeps all of it from being loaded."""
    home.keep("first", *home.steps("first"))
    home.write(name, "swapped")

    with pytest.raises(InputError, match=f"{place}.*is on record; it was changed"):
        find("latest", home.path)


def test_what_is_gone_is_named(home: Home) -> None:
    """With the file, and the way out."""
    home.keep("first", *home.steps("first"))
    (home.path / "s3/first/model.tar.gz").unlink()

    with pytest.raises(InputError, match=r"model\.tar\.gz cannot be read .* again"):
        find("latest", home.path)


def test_an_output_without_a_digest_is_refused(home: Home) -> None:
    """Nothing vouches for it."""
    record = Run(
        id="x",
        pipeline="p",
        started_at=AT,
        status=Status.SUCCEEDED,
        steps=home.steps("x"),
    )
    with History(home.path) as history:
        history.save(record)

    with pytest.raises(InputError, match="no digest of it; run the pipeline again"):
        find("x", home.path)


def test_a_run_must_have_one_of_each(home: Home) -> None:
    """Which of two trainings is meant, nobody can guess."""
    prepare, train = home.steps("first")
    home.keep("two", prepare, train, attrs.evolve(train, name="other"))
    home.keep("none", prepare)

    with pytest.raises(InputError, match="train, other made 'model'"):
        find("two", home.path)
    with pytest.raises(InputError, match="no step made 'model'"):
        find("none", home.path)


def test_where_there_is_no_run_the_way_to_one_is_told(home: Home) -> None:
    """And asking makes no home."""
    with pytest.raises(InputError, match="no record of any run; run `python -m"):
        find("latest", home.path)
    assert not home.path.exists()

    home.keep("failed", status=Status.FAILED)
    with pytest.raises(InputError, match="no run in it has succeeded"):
        find("latest", home.path)
    with pytest.raises(InputError, match=r"--run xyz: .* no such run; give `latest`"):
        find("xyz", home.path)


@pytest.fixture
def folder(tmp_path: Path, sign: Callable[[Path], None]) -> Path:
    """Return a folder of artifacts with a manifest."""
    found = tmp_path / "served"
    (found / "transformers").mkdir(parents=True)
    (found / "model.tar.gz").write_text("model")
    for name in ("features.joblib", "schema.json"):
        (found / "transformers" / name).write_text(name)
    sign(found)
    return found


def test_a_folder_is_served_by_its_manifest(folder: Path) -> None:
    """What ``sha256sum`` writes; files that it does not list are not read."""
    (folder / "transformers" / "stray.joblib").write_text("not listed")

    found = find(str(folder), Path("nowhere"))

    assert (found.name, found.model) == ("folder served", b"model")
    assert found.transformers is not None
    assert sorted(found.transformers) == ["features.joblib", "schema.json"]


def _edit(folder: Path, old: str, new: str) -> None:
    path = folder / "SHA256SUMS"
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(
            lambda folder: (folder / "model.tar.gz").write_text("other"),
            r"model\.tar\.gz: its SHA-256 is .* it was changed since",
            id="model",
        ),
        pytest.param(
            lambda folder: (folder / "transformers/features.joblib").write_text("x"),
            r"features\.joblib: its SHA-256 is",
            id="transformer",
        ),
        pytest.param(
            lambda folder: (folder / "SHA256SUMS").unlink(),
            "SHA256SUMS cannot be read",
            id="no manifest",
        ),
        pytest.param(
            lambda folder: (folder / "SHA256SUMS").write_text("model.tar.gz\n"),
            "line 1: this is no digest and name; write it with `sha256sum`",
            id="no digests",
        ),
        pytest.param(
            lambda folder: _edit(folder, "  model.tar.gz", "  other.tar.gz"),
            r"it does not list model\.tar\.gz",
            id="model not listed",
        ),
        pytest.param(
            lambda folder: _edit(folder, "/schema.json", "/../../schema.json"),
            r"transformers/schema\.json is missing",
            id="outside",
        ),
    ],
)
def test_a_folder_that_is_not_as_its_manifest_says_is_refused(
    folder: Path, change: Callable[[Path], Any], told: str
) -> None:
    """Each with the place and the way out; nothing outside of it is read."""
    change(folder)

    with pytest.raises(InputError, match=told):
        find(str(folder), Path("nowhere"))


def test_digests_are_those_of_the_bytes(folder: Path) -> None:
    """The manifest of the tests is what the tool writes."""
    digest = hashlib.sha256(b"model").hexdigest()

    assert f"{digest}  model.tar.gz\n" in (folder / "SHA256SUMS").read_text()
