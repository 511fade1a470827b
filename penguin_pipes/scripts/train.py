"""Train a small classifier on the CSV files of two channels and export it to serve.

TensorFlow containers (2.16 to 2.21, script mode) run this file, and so does any
computer with TensorFlow. It travels alone: it imports nothing of the project it
comes from, and TensorFlow itself only once arguments and data are known to be good.

Each channel is a folder of CSV files with one header: the features first, all of
them numbers, and last the target, encoded as 0, 1, 2, ….

Data that takes less than a share of the memory is trained on as arrays; more of it is
written, once checked, to a file beside the model, and streamed from there.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import itertools
import math
import os
import shutil
import sys
import tempfile
from array import array
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, NoReturn, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import numpy as np

    Records = np.ndarray[Any, np.dtype[np.void]]
    """Rows with the fields *features*, float32, and *label*, int32."""

    Take = Callable[[Any, Any], None]
    """What is handed some rows: features, row after row, and labels; both buffers."""

VERSION = "001"
"""The folder of the model: TensorFlow Serving loads the highest number it finds."""

FLOAT32_MAX = 3.4028234e38

VALIDATED_AT_ONCE = 8192
"""Rows; nothing is learnt from them, so their number is one of speed only."""

SMALL = 1 << 20
"""Bytes of a file up to which NumPy would take longer to come than it saves."""

AT_ONCE = 1 << 14
"""Lines that are read before what they hold is handed on."""

MIXED_AT_ONCE = 1 << 17
"""Rows of a stream that are shuffled among each other, if memory allows as many."""

CHUNK = 1 << 8
"""Rows of a stream that are read from one place, so that disks need not seek each."""

MANY_STEPS = 1000
"""Of training, from which on it pays to compile several into one execution."""

STEPS_AT_ONCE = 32

PREFETCHED = 4
"""Batches that are made while the network learns from those before."""

COPIES = 8
"""How often such rows are in memory: read, shuffled, as tensors, and the next ones."""

Header = tuple[str, ...]


class TrainingError(Exception):
    """What stops the training, in one sentence, with the way out."""


class Channel(NamedTuple):
    """The rows of one channel; the last of its columns is the target."""

    folder: Path
    columns: Header
    features: np.ndarray[Any, np.dtype[np.float32]]
    labels: np.ndarray[Any, np.dtype[np.int64]]

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.labels)

    @property
    def known(self) -> frozenset[int]:
        """The labels that some row has."""
        return frozenset(self.labels.tolist())


class Spool(NamedTuple):
    """The rows of one channel that memory need not hold: they lie in a file."""

    folder: Path
    columns: Header
    rows: int
    known: frozenset[int]
    file: BinaryIO

    def read(self, start: int, count: int) -> Records:
        """Return *count* rows from *start* on, or fewer where the last ones are."""
        import numpy as np

        record = describe_record(len(self.columns))
        # Mapped into memory, the file would count as memory that the job takes.
        content = os.pread(
            self.file.fileno(), count * record.itemsize, start * record.itemsize
        )
        return np.frombuffer(content, record)


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
    # The arrays of data that fits are there about three times: as read, shuffled, and
    # as TensorFlow's tensors.
    parser.add_argument(
        "--memory_share",
        type=float,
        default=0.25,
        help="data that takes more of the memory is streamed from disk; 0.25 if unset",
    )
    arguments, ignored = parser.parse_known_args(argv)
    arguments.ignored = ignored
    for name, is_sound, rule in (
        ("epochs", arguments.epochs >= 1, "1 or more"),
        ("batch_size", arguments.batch_size >= 1, "1 or more"),
        ("learning_rate", 0 < arguments.learning_rate < math.inf, "above 0 and finite"),
        ("seed", 0 <= arguments.seed < 2**32, f"from 0 to {2**32 - 1}"),
        ("memory_share", 0 < arguments.memory_share <= 1, "above 0 and at most 1"),
    ):
        if not is_sound:
            msg = f"--{name} is {getattr(arguments, name)}: it must be {rule}."
            raise TrainingError(msg)
    return arguments


def find_memory(
    *,
    machine: float | None = None,
    groups: Path = Path("/proc/self/cgroup"),
    limits: Path = Path("/sys/fs/cgroup"),
) -> float:
    """Return how many bytes there are: the *machine*'s, or fewer that a cgroup allows.

    Infinitely many, where the system says nothing of either.
    """
    if machine is None:
        machine = math.inf
        with contextlib.suppress(AttributeError, ValueError, OSError):
            machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    found = [machine]
    try:
        lines = groups.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:  # version 2
            root, name = limits, "memory.max"
        elif "memory" in controllers.split(","):
            root, name = limits / "memory", "memory.limit_in_bytes"
        else:
            continue
        # Each group is held to the limits of those around it, too. Where a container
        # has a view of its own, the path is the host's and only the root exists.
        group = PurePosixPath(path.lstrip("/"))
        for each in (group, *group.parents):
            with contextlib.suppress(OSError):
                limit = (root / each / name).read_text(encoding="ascii").strip()
                if limit.isdecimal():  # not "max"
                    found.append(int(limit))
    return min(found)


def estimate_bytes(folder: Path, *, sample: int = SMALL) -> float:
    """Return about how much memory the rows in *folder* take as arrays.

    The beginning of each file speaks for all of it: a comma ends a feature, of four
    bytes, and a line ends with a label, of eight.
    """
    found = 0.0
    for path in list_files(folder):
        with contextlib.suppress(OSError), path.open("rb") as stream:
            start = stream.read(sample)
            size = os.fstat(stream.fileno()).st_size
            taken = 4 * start.count(b",") + 8 * start.count(b"\n")
            found += size * taken / max(len(start), 1)
    return found


def list_files(folder: Path) -> list[Path]:
    """Return the CSV files in *folder*, in the order of their names."""
    return sorted(path for path in folder.glob("*.csv") if path.name[0] != ".")


def read_channel(name: str, folder: Path, *, small: int = SMALL) -> Channel:
    """Return the rows of every CSV file in *folder*, in the order of their names."""
    features, labels = array("f"), array("q")

    def take(some_features: Any, some_labels: Any) -> None:
        features.frombytes(memoryview(some_features).cast("B"))
        labels.frombytes(memoryview(some_labels).cast("B"))

    header = read_files(name, folder, take, small=small)
    import numpy as np

    # Views: a copy would double what the data takes.
    return Channel(
        folder=folder,
        columns=header,
        features=np.frombuffer(features, np.float32).reshape(len(labels), -1),
        labels=np.frombuffer(labels, np.int64),
    )


def spool_channel(
    name: str,
    folder: Path,
    file: BinaryIO,
    *,
    small: int = SMALL,
    at_once: int = AT_ONCE,
) -> Spool:
    """Check the rows in *folder* as `read_channel` does, but keep them in *file*."""
    import numpy as np

    known: set[int] = set()
    rows = 0

    def take(features: Any, labels: Any) -> None:
        nonlocal rows
        labels = np.asarray(labels)
        features = np.asarray(features).reshape(len(labels), -1)
        records = np.empty(len(labels), describe_record(features.shape[1] + 1))
        records["features"], records["label"] = features, labels
        try:
            file.write(records.tobytes())
            file.flush()
        except OSError as error:
            msg = (
                f"{folder} is too large for the memory and, as numbers, for the disk "
                f"({error}): make room where the model is saved."
            )
            raise TrainingError(msg) from error
        known.update(np.unique(labels).tolist())
        rows += len(labels)

    header = read_files(name, folder, take, small=small, at_once=at_once)
    return Spool(folder, header, rows, frozenset(known), file)


def open_spool(model_dir: str) -> BinaryIO:
    """Open a file without a name on the disk of *model_dir*.

    However the process ends, nothing of it is left.
    """
    place = Path(model_dir).absolute()
    while not place.is_dir():
        place = place.parent
    try:
        return tempfile.TemporaryFile(dir=place)
    except OSError as error:
        msg = (
            f"the data is too large for the memory, and {place} cannot be written to "
            f"({error}): save the model elsewhere, or raise --memory_share."
        )
        raise TrainingError(msg) from error


def describe_record(columns: int) -> np.dtype[np.void]:
    """Return how a row of so many *columns* lies in a spool."""
    import numpy as np

    return np.dtype([("features", np.float32, (columns - 1,)), ("label", np.int32)])


def read_files(
    name: str, folder: Path, take: Take, *, small: int = SMALL, at_once: int = AT_ONCE
) -> Header:
    """Hand the rows of every CSV file in *folder* to *take*; return their header.

    They come in the order of the files' names, so many at a time. Files of more than
    *small* bytes are read by NumPy as far as they are in order.
    """
    paths = list_files(folder)
    if not paths:
        msg = f"{folder} holds no CSV file: fill it, or set SM_CHANNEL_{name.upper()}."
        raise TrainingError(msg)
    header, has_rows = read_file(paths[0], take, small, at_once)
    for path in paths[1:]:
        found, has_more = read_file(path, take, small, at_once)
        check_columns(header, paths[0], found, path)
        has_rows |= has_more
    if not has_rows:
        msg = f"{folder} holds no row, only headers: give the channel {name!r} data."
        raise TrainingError(msg)
    return header


def read_file(path: Path, take: Take, small: int, at_once: int) -> tuple[Header, bool]:
    """Hand the rows of one file to *take*; return its header, and if it has any."""
    has_rows = False
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            is_large = os.fstat(stream.fileno()).st_size > small
            rows = csv.reader(stream, strict=True)
            header = tuple(next(rows, ()))
            if len(header) <= 1:
                msg = (
                    f"{path} has the header {header}: it needs features, then a target."
                )
                raise TrainingError(msg)
            lines: Iterable[str] = stream
            above = rows.line_num
            while is_large and (some := list(itertools.islice(stream, at_once))):
                table = parse(some, header)
                if table is None:  # the reader of rows will say what is wrong, or read
                    lines = itertools.chain(some, stream)
                    break
                take(*table)
                has_rows = True
                above += len(some)
            for table in read_rows(lines, header, path, above, at_once):
                take(*table)
                has_rows = True
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        msg = f"{path} cannot be read ({error}): save it as CSV, in UTF-8."
        raise TrainingError(msg) from error
    return header, has_rows


def parse(lines: Sequence[str], header: Header) -> tuple[Any, Any] | None:
    """Return what *lines* hold, or nothing where any of it is not in order.

    NumPy takes a fraction of the time that reading row by row takes.
    """
    import numpy as np

    try:
        table = np.loadtxt(lines, delimiter=",", comments=None, ndmin=2)
    except ValueError:
        return None
    *_, codes = table.T
    if (
        len(header) != len(table.T)
        or not (np.abs(table) <= FLOAT32_MAX).all()
        or not ((codes >= 0) & (codes < 2**31) & (codes % 1 == 0)).all()
    ):
        return None
    features = np.ascontiguousarray(table[:, :-1], np.float32)
    return features, codes.astype(np.int64)


def read_rows(
    lines: Iterable[str], header: Header, path: Path, above: int, at_once: int
) -> Iterator[tuple[array[float], array[int]]]:
    """Yield features and labels of some rows at a time; *above* lines come before."""
    rows = csv.reader(lines, strict=True)
    features, labels = array("f"), array("q")
    for row in filter(None, rows):
        place = f"{path}, line {above + rows.line_num}"
        numbers = read_row(row, header, place)
        labels.append(int(numbers.pop()))
        features.extend(numbers)
        if len(labels) == at_once:
            yield features, labels
            features, labels = array("f"), array("q")
    if labels:
        yield features, labels


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


def count_classes(train: Channel | Spool, validation: Channel | Spool) -> int:
    """Return how many classes to tell apart: the highest training label says."""
    check_columns(train.columns, train.folder, validation.columns, validation.folder)
    known = train.known
    unknown = sorted(validation.known - known)
    msg = ""
    if unknown:
        msg = (
            f"{validation.folder} holds the label {unknown[0]}, which no row of "
            f"{train.folder} has: split the data so that training sees every class."
        )
    elif len(known) == 1:
        msg = f"{train.folder} holds no label but {max(known)}: give it two or more."
    elif max(known) >= train.rows:
        msg = (
            f"{train.folder} holds the label {max(known)} in {train.rows} rows: "
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

    use_gpus(
        tf.config.list_physical_devices("GPU"),
        tf.config.experimental.set_memory_growth,
    )
    keras.utils.set_random_seed(seed)
    # On a GPU, sums would otherwise differ between runs; on a CPU it is all but free.
    tf.config.experimental.enable_op_determinism()
    return keras


def use_gpus(devices: Sequence[Any], set_memory_growth: Callable[..., None]) -> None:
    """Take of the GPUs' memory what is needed, where there are any, and say so."""
    # TensorFlow would take all of it at once, also from others who use the GPU.
    for device in devices:
        set_memory_growth(device, enable=True)
    if devices:  # Keras trains on the first
        say(f"Training on a GPU: {devices[0].name}")


def build_model(
    keras: Any, features: int, classes: int, learning_rate: float, *, steps: int
) -> Any:
    """Return the compiled network: ten, eight, then one unit for each class.

    How it is compiled depends on how many *steps* of training there are to be.
    """
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
        # Keras before 3.7, which has no such attribute, may lose what an execution has
        # done when the data ends within it.
        steps_per_execution=STEPS_AT_ONCE
        if steps >= MANY_STEPS and hasattr(model, "unrolled_steps_per_execution")
        else 1,
    )
    return model


def size_block(columns: int, batch_size: int, allowed: float) -> int:
    """Return how many rows of a stream to hold at once, in *allowed* bytes."""
    most = allowed / COPIES / describe_record(columns).itemsize
    return max(batch_size, int(min(MIXED_AT_ONCE, most)))


def to_train_on(
    data: Channel | Spool, batch_size: int, *, block: int, seed: int
) -> Any:
    """Return the dataset of batches, shuffled, that each epoch goes through."""
    import tensorflow as tf

    if isinstance(data, Spool):
        epochs = itertools.count()
        return stream(
            lambda: shuffle(data.read, data.rows, block, (seed, next(epochs))),
            data,
            batch_size,
        )
    # Given arrays and a seed, `fit` goes through them in this very order in each epoch.
    # But it makes two iterators for each, one of them unused, and TensorFlow optimises
    # both anew: on small data that takes several times as long as the training.
    order = tf.data.Dataset.range(1).map(
        lambda _: tf.random.shuffle(tf.range(data.rows, dtype=tf.int64))
    )
    (rows,) = order.as_numpy_iterator()
    features, labels = data.features[rows], data.labels[rows]
    whole = data.rows // batch_size * batch_size
    batches = tf.data.Dataset.from_tensor_slices(
        (
            features[:whole].reshape(-1, batch_size, features.shape[1]),
            labels[:whole].reshape(-1, batch_size),
        )
    )
    if whole < data.rows:
        rest = (features[whole:], labels[whole:])
        batches = batches.concatenate(tf.data.Dataset.from_tensors(rest))
    return as_it_is(batches)


def to_validate_on(channel: Channel | Spool, *, block: int) -> Any:
    """Return *channel* as the dataset that is evaluated after each epoch."""
    import tensorflow as tf

    if isinstance(channel, Spool):
        size = min(VALIDATED_AT_ONCE, block)
        starts = range(0, channel.rows, size)
        return stream(
            lambda: (channel.read(start, size) for start in starts), channel, size
        )
    rows = tf.data.Dataset.from_tensor_slices((channel.features, channel.labels))
    return as_it_is(rows.batch(VALIDATED_AT_ONCE))


def as_it_is(dataset: Any) -> Any:
    """Return *dataset*, not to be optimised anew in each epoch: that takes longer."""
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    return dataset.prefetch(PREFETCHED).with_options(options)


def shuffle(
    read: Callable[[int, int], Records], rows: int, block: int, seed: Sequence[int]
) -> Iterator[Records]:
    """Yield all *rows* in random order, one *block* of them after the other.

    Each block has chunks from all over, mixed row by row: that the rows were sorted,
    by class for example, is not seen in it.
    """
    import numpy as np

    chance = np.random.default_rng(seed)
    size = max(1, min(CHUNK, block // 64))
    starts = chance.permutation(-(-rows // size)) * size
    many = block // size
    for first in range(0, len(starts), many):
        chunks = [read(start, size) for start in starts[first : first + many].tolist()]
        records = np.concatenate(chunks)
        yield records[chance.permutation(len(records))]


def stream(
    blocks: Callable[[], Iterable[Records]], spool: Spool, batch_size: int
) -> Any:
    """Return the batches of *blocks*, which are asked for anew in each epoch."""
    import tensorflow as tf

    def pairs() -> Iterator[tuple[Any, Any]]:
        for records in blocks():
            yield records["features"], records["label"]

    signature = (
        tf.TensorSpec((None, len(spool.columns) - 1), tf.float32),
        tf.TensorSpec((None,), tf.int32),
    )
    batches = tf.data.Dataset.from_generator(pairs, output_signature=signature)
    # Keras prints the number of batches, and would know it after an epoch only.
    known = tf.data.experimental.assert_cardinality(-(-spool.rows // batch_size))
    return as_it_is(batches.rebatch(batch_size).apply(known))


def train(model: Any, data: Any, validation: Any, *, epochs: int) -> float:
    """Fit *model*, printing one line per epoch; return the validation accuracy."""
    history = model.fit(
        data,
        validation_data=validation,
        epochs=epochs,
        shuffle=False,  # which the data is
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
    names = ("train", "validation")
    folders = [
        Path(environ.get(f"SM_CHANNEL_{name.upper()}") or f"/opt/ml/input/data/{name}")
        for name in names
    ]
    # In tuning jobs TensorFlow containers may pass `--model_dir None/<job>/model`.
    model_dir = environ.get("SM_MODEL_DIR") or arguments.model_dir or "/opt/ml/model"
    allowed = arguments.memory_share * find_memory()
    with contextlib.ExitStack() as files:
        fits = sum(map(estimate_bytes, folders)) <= allowed
        data, validation = (
            read_channel(name, folder)
            if fits
            else spool_channel(name, folder, files.enter_context(open_spool(model_dir)))
            for name, folder in zip(names, folders, strict=True)
        )
        classes = count_classes(data, validation)
        target = prepare_folder(model_dir)
        keras = load_keras(arguments.seed)
        batch_size, columns = arguments.batch_size, len(data.columns)
        model = build_model(
            keras,
            columns - 1,
            classes,
            arguments.learning_rate,
            steps=-(-data.rows // batch_size) * arguments.epochs,
        )
        block = size_block(columns, batch_size, allowed)
        accuracy = train(
            model,
            to_train_on(data, batch_size, block=block, seed=arguments.seed),
            to_validate_on(validation, block=block),
            epochs=arguments.epochs,
        )
    save(model, target)
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
