"""Train a small classifier on the CSV files of two channels and export it to serve.

TensorFlow containers (2.16 to 2.21, script mode) run this file, and so does any
computer with TensorFlow. It travels alone: it imports nothing of the project it
comes from, and TensorFlow itself only once arguments and data are known to be good.

Each channel is a folder of CSV files with one header: the features first, all of
them numbers, and last the target, encoded as 0, 1, 2, ….
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import math
import os
import shutil
import sys
import tempfile
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

VERSION = "001"
"""The folder of the model: TensorFlow Serving loads the highest number it finds."""

FLOAT32_MAX = 3.4028234e38

VALIDATED_AT_ONCE = 8192
"""Rows; nothing is learnt from them, so their number is one of speed only."""

SMALL = 1 << 20
"""Bytes of a file up to which NumPy would take longer to come than it saves."""

Header = tuple[str, ...]


class TrainingError(Exception):
    """What stops the training, in one sentence, with the way out."""


class Channel(NamedTuple):
    """The rows of one channel; the last of its columns is the target."""

    folder: Path
    columns: Header
    features: np.ndarray[Any, np.dtype[np.float32]]
    labels: np.ndarray[Any, np.dtype[np.int64]]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise instead of leaving the process: every bad input ends one way."""
        msg = f"{message}; --help lists the arguments and what they take."
        raise TrainingError(msg)


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the checked arguments; *ignored* holds those that mean nothing here."""
    # Hyperparameters of one letter arrive as `-h 5`: with argparse's own `-h` the
    # job would print a help text, succeed, and have trained nothing.
    parser = _Parser(description=__doc__, add_help=False, allow_abbrev=False)
    parser.add_argument("--help", action="help", help="show this text and exit")
    parser.add_argument("--epochs", type=int, default=50, help="50 if unset")
    parser.add_argument("--batch_size", type=int, default=32, help="32 if unset")
    parser.add_argument(
        "--learning_rate", type=float, default=0.01, help="0.01 if unset"
    )
    parser.add_argument("--seed", type=int, default=0, help="0 if unset")
    parser.add_argument("--model_dir", help="where to save without SM_MODEL_DIR")
    arguments, ignored = parser.parse_known_args(argv)
    arguments.ignored = ignored
    for name, is_sound, rule in (
        ("epochs", arguments.epochs >= 1, "1 or more"),
        ("batch_size", arguments.batch_size >= 1, "1 or more"),
        ("learning_rate", 0 < arguments.learning_rate < math.inf, "above 0 and finite"),
        ("seed", 0 <= arguments.seed < 2**32, f"from 0 to {2**32 - 1}"),
    ):
        if not is_sound:
            msg = f"--{name} is {getattr(arguments, name)}: it must be {rule}."
            raise TrainingError(msg)
    return arguments


def read_channel(name: str, folder: Path, *, small: int = SMALL) -> Channel:
    """Return the rows of every CSV file in *folder*, in the order of their names.

    Files of more than *small* bytes are read by NumPy where all of them is in order.
    """
    paths = sorted(path for path in folder.glob("*.csv") if path.name[0] != ".")
    if not paths:
        msg = f"{folder} holds no CSV file: fill it, or set SM_CHANNEL_{name.upper()}."
        raise TrainingError(msg)
    features, labels = array("f"), array("q")
    header = read_file(paths[0], features, labels, small)
    for path in paths[1:]:
        found = read_file(path, features, labels, small)
        check_columns(header, paths[0], found, path)
    if not labels:
        msg = f"{folder} holds no row, only headers: give the channel {name!r} data."
        raise TrainingError(msg)
    import numpy as np

    return Channel(
        folder=folder,
        columns=header,
        features=np.array(features, np.float32).reshape(len(labels), -1),
        labels=np.array(labels, np.int64),
    )


def read_file(
    path: Path, features: array[float], labels: array[int], small: int
) -> Header:
    """Append the rows of one file to *features* and *labels*; return its header."""
    try:
        if path.stat().st_size > small and (
            header := read_at_once(path, features, labels)
        ):
            return header
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.reader(stream, strict=True)
            header = tuple(next(rows, ()))
            if len(header) <= 1:
                msg = (
                    f"{path} has the header {header}: it needs features, then a target."
                )
                raise TrainingError(msg)
            for row in filter(None, rows):
                numbers = read_row(row, header, f"{path}, line {rows.line_num}")
                labels.append(int(numbers.pop()))
                features.extend(numbers)
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        msg = f"{path} cannot be read ({error}): save it as CSV, in UTF-8."
        raise TrainingError(msg) from error
    return header


def read_at_once(path: Path, features: array[float], labels: array[int]) -> Header:
    """Do the same several times faster, or nothing where anything is not in order."""
    import numpy as np

    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            header = tuple(next(csv.reader(stream, strict=True), ()))
            table = np.loadtxt(stream, delimiter=",", comments=None, ndmin=2)
    except ValueError:  # the reader of rows will say which, and where
        return ()
    *_, codes = table.T
    if (
        not 1 < len(header) == len(table.T)
        or not (np.abs(table) <= FLOAT32_MAX).all()
        or not ((codes >= 0) & (codes < 2**31) & (codes % 1 == 0)).all()
    ):
        return ()
    features.frombytes(table[:, :-1].astype(np.float32).tobytes())
    labels.frombytes(codes.astype(np.int64).tobytes())
    return header


def read_row(row: Sequence[str], header: Header, place: str) -> list[float]:
    """Return the numbers of one row, the last of them a label."""
    if len(row) != len(header):
        msg = (
            f"{place}: {len(row)} values for {len(header)} columns; give each its own."
        )
        raise TrainingError(msg)
    numbers = [
        read_number(cell, f"{place}, column {column!r}")
        for cell, column in zip(row, header, strict=True)
    ]
    if not (numbers[-1].is_integer() and 0 <= numbers[-1] < 2**31):
        msg = (
            f"{place}, column {header[-1]!r}: {row[-1]!r} is no label: "
            "encode the target as 0, 1, 2, … in the last column."
        )
        raise TrainingError(msg)
    return numbers


def read_number(cell: str, place: str) -> float:
    """Return the number that *cell* holds, if a network can learn from it."""
    if cell.strip().lower() in {"", "na", "nan", "null", "none"}:
        msg = f"{place}: the value {cell!r} is missing: impute it or drop the row."
        raise TrainingError(msg)
    try:
        number = float(cell)
    except ValueError:
        msg = f"{place}: {cell!r} is no number: encode it, or drop the column."
        raise TrainingError(msg) from None
    if not abs(number) <= FLOAT32_MAX:  # so that `-nan` is refused, too
        msg = f"{place}: {cell!r} does not fit into 32 bits: scale or correct it."
        raise TrainingError(msg)
    return number


def check_columns(expected: Header, source: Path, found: Header, place: Path) -> None:
    """Refuse *found* at *place* unless it names the columns of *source*, in order."""
    if found == expected:
        return
    missing = [column for column in expected if column not in found]
    extra = [column for column in found if column not in expected]
    difference = f"it lacks {missing} and adds {extra}"
    if not missing and not extra:
        difference = "the same names come in another order or number"
    msg = (
        f"the columns of {place} are not those of {source}: {difference}; "
        "write all files with the same header."
    )
    raise TrainingError(msg)


def count_classes(train: Channel, validation: Channel) -> int:
    """Return how many classes to tell apart: the highest training label says."""
    check_columns(train.columns, train.folder, validation.columns, validation.folder)
    known: set[int] = set(train.labels.tolist())
    unknown = sorted(set(validation.labels.tolist()) - known)
    msg = ""
    if unknown:
        msg = (
            f"{validation.folder} holds the label {unknown[0]}, which no row of "
            f"{train.folder} has: split the data so that training sees every class."
        )
    elif len(known) == 1:
        msg = f"{train.folder} holds no label but {known.pop()}: give it two or more."
    elif max(known) >= len(train.labels):
        msg = (
            f"{train.folder} holds the label {max(known)} in {len(train.labels)} rows: "
            "encode the target as 0, 1, 2, … in the last column."
        )
    if msg:
        raise TrainingError(msg)
    return max(known) + 1


def prepare_folder(model_dir: str) -> Path:
    """Return the folder to save in, made and writable before any time is spent."""
    folder = Path(model_dir)
    if "://" in model_dir:
        msg = f"the model folder {model_dir} is no local path: set SM_MODEL_DIR to one."
        raise TrainingError(msg)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        msg = (
            f"the model folder {model_dir} cannot be written to ({error}): "
            "name another in SM_MODEL_DIR or --model_dir."
        )
        raise TrainingError(msg) from error
    return folder


def load_keras(seed: int) -> Any:
    """Import Keras, on TensorFlow, so that the same *seed* gives the same model."""
    # A SavedModel is TensorFlow's own; ~/.keras/keras.json may ask for another.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # TensorFlow 2.21 on a computer without GPU logs errors that are none: "failed
    # call to cuInit", "NodeDef mentions attribute use_unbounded_threadpool". A real
    # error is also raised; the containers set a level of their own, which stays.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    # On a GPU, sums would otherwise differ between runs; on a CPU it is all but free.
    tf.config.experimental.enable_op_determinism()
    return keras


def build_model(keras: Any, features: int, classes: int, learning_rate: float) -> Any:
    """Return the compiled network: ten, eight, then one unit for each class."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((features,), name="features"),
            # He's initialiser is the one derived for ReLU. Keras' default, Glorot's,
            # learns slower here: after 50 epochs more seeds lag behind.
            layers.Dense(10, activation="relu", kernel_initializer="he_normal"),
            layers.Dense(8, activation="relu", kernel_initializer="he_normal"),
            layers.Dense(classes, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def to_validate_on(channel: Channel) -> Any:
    """Return *channel* as the dataset that is evaluated after each epoch."""
    import tensorflow as tf

    # Keras builds a pipeline of its own for arrays, and TensorFlow optimises it anew
    # for each epoch: on small data that takes longer than the epoch itself.
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    rows = tf.data.Dataset.from_tensor_slices((channel.features, channel.labels))
    return rows.batch(VALIDATED_AT_ONCE).with_options(options)


def train(
    model: Any, data: Channel, validation: Channel, *, epochs: int, batch_size: int
) -> float:
    """Fit *model*, printing one line per epoch; return the validation accuracy."""
    history = model.fit(
        data.features,
        data.labels,
        validation_data=to_validate_on(validation),
        epochs=epochs,
        batch_size=batch_size,
        # Progress bars rewrite their line with `\r`: metrics could not be read.
        verbose=2,
    ).history
    for metric in ("loss", "val_loss"):
        if not math.isfinite(history[metric][-1]):
            msg = (
                f"the training diverged: {metric} is {history[metric][-1]} after the "
                "last epoch; try a smaller --learning_rate. No model was saved."
            )
            raise TrainingError(msg)
    return float(history["val_accuracy"][-1])


def save(model: Any, model_dir: Path) -> Path:
    """Export *model* for TensorFlow Serving, in place of what an earlier run left."""
    target, aside = model_dir / VERSION, model_dir / f".{VERSION}.partial"
    shutil.rmtree(aside, ignore_errors=True)
    try:
        # Keras 3 prints the signature, with the path of *aside*; `verbose=False`
        # would do, but Keras 3.3, which came with TensorFlow 2.16, lacks it.
        with contextlib.redirect_stdout(io.StringIO()):
            model.export(str(aside))
        if target.exists():
            shutil.rmtree(target)
        aside.rename(target)
    except OSError as error:
        msg = f"the model cannot be saved as {target} ({error}): make room for it."
        raise TrainingError(msg) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target


def say(line: str, *, stream: TextIO | None = None) -> None:
    """Write *line* to the log at once."""
    print(line, file=stream, flush=True)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> None:
    """Read, train, save, and print the validation accuracy."""
    data, validation = (
        read_channel(name, Path(environ.get(variable) or f"/opt/ml/input/data/{name}"))
        for name, variable in (
            ("train", "SM_CHANNEL_TRAIN"),
            ("validation", "SM_CHANNEL_VALIDATION"),
        )
    )
    classes = count_classes(data, validation)
    # In tuning jobs TensorFlow containers may pass `--model_dir None/<job>/model`.
    model_dir = prepare_folder(
        environ.get("SM_MODEL_DIR") or arguments.model_dir or "/opt/ml/model"
    )
    keras = load_keras(arguments.seed)
    features = data.features.shape[1]
    model = build_model(keras, features, classes, arguments.learning_rate)
    accuracy = train(
        model,
        data,
        validation,
        epochs=arguments.epochs,
        batch_size=arguments.batch_size,
    )
    save(model, model_dir)
    say(f"Validation accuracy: {accuracy:.4f}")


def main(
    argv: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ
) -> int:
    """Run the script; return its exit code."""
    try:
        arguments = parse_arguments(argv)
        if arguments.ignored:
            say(f"Ignored arguments: {' '.join(arguments.ignored)}")
        run(arguments, environ)
    except TrainingError as error:
        say(f"train.py: {error}", stream=sys.stderr)
        # The toolkit keeps a failure file that it finds, and it becomes the job's
        # FailureReason; its own would say no more than "ExitCode 1".
        if environ.get("SM_OUTPUT_DIR"):
            with contextlib.suppress(OSError):
                Path(environ["SM_OUTPUT_DIR"], "failure").write_text(
                    str(error), encoding="utf-8"
                )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
