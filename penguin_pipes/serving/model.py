"""Raw rows become probabilities: the run's own transformers, then its network."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

import attrs

from penguin_pipes.errors import InputError
from penguin_pipes.scripts import inference, package
from penguin_pipes.scripts.inference import BadRequestError
from penguin_pipes.serving.artifacts import FEATURES, SCHEMA

if TYPE_CHECKING:
    from penguin_pipes.serving.artifacts import Artifacts

Row: TypeAlias = Mapping[str, Any]
Network: TypeAlias = Callable[[Sequence[Sequence[float]]], list[list[float]]]
"""Features of many rows in, probabilities out; any number of threads may call it."""

LARGEST: Final = 1e30
"""Of a number in a row. The network counts in 32 bits and in products of such."""


@attrs.frozen(kw_only=True)
class Prediction:
    """What the model says of one row.

    Attributes:
        label: The most probable label.
        probabilities: Of each label, in the order of the labels.
    """

    label: str
    probabilities: Mapping[str, float]


@attrs.frozen(kw_only=True)
class Model:
    """A trained model with its transformer.

    Attributes:
        name: What to call it.
        transformer: What the preprocessor fitted, as `inference` reads it.
        network: The trained network.
    """

    name: str
    transformer: Mapping[str, Any]
    network: Network

    @property
    def target(self) -> str:
        """What is predicted."""
        return str(self.transformer["target"])

    @property
    def labels(self) -> list[str]:
        """The labels, in the order of the network's outputs."""
        return [str(label) for label in self.transformer["labels"]]

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in the order of rows without a header."""
        return inference.columns(self.transformer)

    def features(self, rows: Sequence[Row]) -> list[list[float]]:
        """Return what the network is given for *rows*.

        Raises:
            BadRequestError: A value cannot be; the message names row and column.
        """
        features = inference.transform(rows, self.transformer)
        for position, part in enumerate(self.transformer["numeric"]):
            name, suspicious = part["name"], LARGEST / 2 / part["scale"]
            for number, row in enumerate(features, start=1):
                if abs(row[position]) > suspicious:
                    value = rows[number - 1].get(name)
                    _check_size(value, f"row {number}, column {name!r}")
        return features

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """Return a prediction for each of the *rows*, by one call of the network.

        Raises:
            BadRequestError: A value cannot be; the message names row and column.
        """
        labels, found = self.labels, self.network(self.features(rows))
        predictions = []
        for number, values in enumerate(found, start=1):
            # A network overflows without a word, and then knows nothing.
            if not abs(sum(values) - 1) < 0.01:  # noqa: PLR2004 - of 32 bits, enough
                problem = "its numbers are too large for this model"
                _refuse_row(f"row {number}", problem)
            best = labels[values.index(max(values))]
            probabilities = dict(zip(labels, values, strict=True))
            predictions.append(Prediction(label=best, probabilities=probabilities))
        return predictions


def load(artifacts: Artifacts) -> Model:
    """Return the model of verified *artifacts*, after it has answered once.

    Raises:
        InputError: They are not those of a model that can be served here.
    """
    with tempfile.TemporaryDirectory(prefix="penguin-pipes-") as name:
        folder = Path(name)
        source = folder / "model.tar.gz"
        source.write_bytes(artifacts.model)
        try:
            files = package.read_model(source)
            transformer = _transformer(artifacts, source)
        except package.PackagingError as error:
            _refuse(artifacts, str(error).replace(f"{folder}/", ""))
        network = _network(artifacts, files, folder)
    model = Model(name=artifacts.name, transformer=transformer, network=network)
    try:
        model.predict([dict.fromkeys(model.columns)])
    except Exception as error:  # noqa: BLE001 - whatever it is, no request fares better
        _refuse(artifacts, f"model and transformers do not fit together ({error})")
    return model


def _transformer(artifacts: Artifacts, source: Path) -> dict[str, Any]:
    """Return what was fitted, as numbers and texts."""
    fitted = artifacts.transformers
    if fitted is None:
        return _packed(artifacts, source)
    import joblib

    try:
        schema = json.loads(fitted[SCHEMA])
        kept = {name: schema[name] for name in ("target", "labels", "missing")}
    except (ValueError, KeyError, TypeError) as error:
        problem = f"{SCHEMA} cannot be read ({type(error).__name__}: {error})"
        _refuse(artifacts, f"{problem}; serve what scripts/preprocessor.py wrote")
    try:
        features = joblib.load(io.BytesIO(fitted[FEATURES]))
    except Exception as error:  # noqa: BLE001 - a pickle may raise anything
        problem = f"{FEATURES} cannot be read ({type(error).__name__}: {error})"
        _refuse(artifacts, f"{problem}; it takes the scikit-learn that fitted it")
    return package.export(features, kept)


def _packed(artifacts: Artifacts, source: Path) -> dict[str, Any]:
    """Return what `package` has put into the archive."""
    import tarfile

    with tarfile.open(source, "r:gz") as archive:
        try:
            stream = archive.extractfile(package.TRANSFORMER)
        except KeyError:
            stream = None
        if stream is None:
            problem = f"there are no transformers, nor {package.TRANSFORMER} in it"
            _refuse(artifacts, f"{problem}; add them to the folder and its manifest")
        found: dict[str, Any] = json.load(stream)
        return found


def _network(artifacts: Artifacts, files: Mapping[str, bytes], folder: Path) -> Network:
    """Return the network of a SavedModel; the newest, as TensorFlow Serving does."""
    import tensorflow as tf

    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    version = max({name.partition("/")[0] for name in files}, key=int)
    try:
        loaded = tf.saved_model.load(str(folder / version))
        signature = loaded.signatures["serving_default"]
        ((name, spec),) = signature.structured_input_signature[1].items()
    except Exception as error:  # noqa: BLE001 - TensorFlow raises whatever it likes
        _refuse(artifacts, f"TensorFlow cannot load the model ({error})")

    def network(rows: Sequence[Sequence[float]]) -> list[list[float]]:
        (found,) = signature(**{name: tf.constant(rows, spec.dtype)}).values()
        answers: list[list[float]] = found.numpy().tolist()
        return answers

    # The signature does not keep what it was loaded with alive.
    network.loaded = loaded  # type: ignore[attr-defined]
    return network


def _check_size(value: object, place: str) -> None:
    """Refuse a number beyond the `LARGEST`, as it was sent and not as it was scaled."""
    try:
        is_fit = abs(float(str(value))) <= LARGEST
    except ValueError:  # missing: what was filled in is the training's own
        is_fit = True
    if not is_fit:
        problem = f"{value!r} is not between -{LARGEST:g} and {LARGEST:g}"
        _refuse_row(place, problem)


def _refuse_row(place: str, problem: str) -> NoReturn:
    msg = f"{place}: {problem}; correct it or leave it out"
    raise BadRequestError(msg)


def _refuse(artifacts: Artifacts, problem: str) -> NoReturn:
    msg = f"{artifacts.name}: {problem}"
    raise InputError(msg)
