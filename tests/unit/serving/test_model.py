"""What a model says of rows: the very transformers, one call, no nonsense."""

from __future__ import annotations

import csv
import io
import json
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pytest

from penguin_pipes.errors import InputError
from penguin_pipes.penguins import shipped
from penguin_pipes.scripts.inference import BadRequestError
from penguin_pipes.serving.artifacts import Artifacts, find
from penguin_pipes.serving.model import load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from penguin_pipes.serving.model import Model

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def penguins() -> list[dict[str, str]]:
    """Return the rows that ship."""
    text = shipped("data/penguins.csv").read_text()
    return list(csv.DictReader(io.StringIO(text)))


def test_most_penguins_are_told_right(
    model: Model, penguins: list[dict[str, str]]
) -> None:
    """Raw rows in, with all their gaps: the model is the one that was trained."""
    found = model.predict(penguins)

    right = [a.label == b["species"] for a, b in zip(found, penguins, strict=True)]
    assert sum(right) / len(right) > 0.9
    for each in found:
        assert list(each.probabilities) == ["Adelie", "Chinstrap", "Gentoo"]
        assert sum(each.probabilities.values()) == pytest.approx(1)
        assert each.probabilities[each.label] == max(each.probabilities.values())


def test_features_are_those_of_the_fitted_transformers(
    model: Model, trained: Path, penguins: list[dict[str, str]]
) -> None:
    """scikit-learn's own answer, missing values included."""
    import joblib
    import pandas as pd

    fitted = joblib.load(trained / "transformers" / "features.joblib")
    numeric = [part["name"] for part in model.transformer["numeric"]]
    frame = pd.DataFrame(penguins).replace(["NA", "."], np.nan)
    frame = frame.astype(dict.fromkeys(numeric, "float64"))

    expected = fitted.transform(frame[model.columns])

    np.testing.assert_allclose(model.features(penguins), expected, rtol=1e-12)


def test_what_was_packed_to_be_registered_says_the_same(
    model: Model,
    packed: Path,
    penguins: list[dict[str, str]],
    tmp_path: Path,
    sign: Callable[[Path], None],
) -> None:
    """An archive that holds its transformer needs no pickle beside it."""
    (tmp_path / "model.tar.gz").write_bytes((packed / "model.tar.gz").read_bytes())
    sign(tmp_path)

    other = load(find(str(tmp_path), Path("nowhere")))

    assert other.predict(penguins) == model.predict(penguins)


def test_a_row_has_the_same_answer_alone_and_among_others(
    model: Model, penguins: list[dict[str, str]]
) -> None:
    """But for the last bits of 32."""
    together = model.predict(penguins[:20])

    for row, expected in zip(penguins, together, strict=False):
        (alone,) = model.predict([row])
        assert alone.probabilities == pytest.approx(expected.probabilities, abs=1e-5)


def test_many_rows_are_one_call_of_the_network(
    model: Model, penguins: list[dict[str, str]]
) -> None:
    """However many."""
    calls: list[int] = []

    def network(rows: Sequence[Sequence[float]]) -> list[list[float]]:
        calls.append(len(rows))
        return [[0.25, 0.5, 0.25] for _ in rows]

    found = attrs.evolve(model, network=network).predict(penguins)

    assert calls == [344]
    assert {each.label for each in found} == {"Chinstrap"}


def test_texts_that_no_training_row_had_are_none_of_the_known(model: Model) -> None:
    """An unknown island is answered for, and differs from one that is missing."""
    unknown, missing, known = model.features(
        [{"island": "Atlantis"}, {"island": None}, {"island": "Biscoe"}]
    )

    assert unknown[4:7] == [0, 0, 0]
    assert missing[4:7] == known[4:7] == [1, 0, 0]
    assert len(model.predict([{"island": "Atlantis", "sex": "?"}])) == 1


@pytest.mark.parametrize("value", [1.1e30, -1.1e30, "2e31", 10**60, 1e99])
def test_numbers_too_large_for_a_network_are_refused(model: Model, value: Any) -> None:
    """With row and column, before they become not-a-number."""
    rows = [{"sex": "MALE"}, {"body_mass_g": value}]

    with pytest.raises(
        BadRequestError, match=r"row 2, column 'body_mass_g': .* 1e\+30"
    ):
        model.predict(rows)
    assert model.predict([{"body_mass_g": 1e30}, {"body_mass_g": "-1e30"}])


def test_a_network_that_overflows_is_not_believed(model: Model) -> None:
    """Its not-a-numbers become a sentence that names the row."""

    def network(rows: Sequence[Sequence[float]]) -> list[list[float]]:
        return [[0.5, 0.25, 0.25], [float("nan")] * 3][: len(rows)]

    with pytest.raises(BadRequestError, match="row 2: its numbers are too large"):
        attrs.evolve(model, network=network).predict([{"sex": None}, {"sex": None}])


def _archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


SCHEMA = json.dumps({"target": "t", "labels": ["a"], "missing": []}).encode()
EMPTY = _archive({"001/saved_model.pb": b""})


@pytest.mark.parametrize(
    ("archive", "transformers", "told"),
    [
        pytest.param(b"x", None, "m: model.tar.gz: it cannot be unpacked", id="no tar"),
        pytest.param(EMPTY, None, "there are no transformers", id="no transformers"),
        pytest.param(
            EMPTY,
            {"schema.json": b"[]", "features.joblib": b""},
            "schema.json cannot be read",
            id="no schema",
        ),
        pytest.param(
            EMPTY,
            {"schema.json": SCHEMA, "features.joblib": b"x"},
            "features.joblib cannot be read .* scikit-learn that fitted it",
            id="no pickle",
        ),
    ],
)
def test_what_is_no_model_is_refused(
    archive: bytes, transformers: dict[str, bytes] | None, told: str
) -> None:
    """In a sentence that names the artifacts, however sound their digests are."""
    artifacts = Artifacts(name="m", model=archive, transformers=transformers)

    with pytest.raises(InputError, match=told):
        load(artifacts)


def test_a_broken_network_is_refused(trained: Path) -> None:
    """TensorFlow's own words are passed on."""
    found = find(str(trained), Path("nowhere"))

    with pytest.raises(InputError, match="TensorFlow cannot load the model"):
        load(attrs.evolve(found, model=EMPTY))


def test_transformers_of_another_model_are_refused(trained: Path) -> None:
    """Before the first request, not at it."""
    found = find(str(trained), Path("nowhere"))
    assert found.transformers is not None
    schema = json.loads(found.transformers["schema.json"])
    other = json.dumps({**schema, "labels": ["one", "two"]}).encode()
    mixed = {**found.transformers, "schema.json": other}

    with pytest.raises(InputError, match="model and transformers do not fit together"):
        load(attrs.evolve(found, transformers=mixed))
