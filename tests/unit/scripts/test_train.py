"""The training script: what it refuses, reads and replaces; no network is trained."""

from __future__ import annotations

import io
import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from penguin_pipes.scripts import train

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

GOOD = "width,depth,kind\n0.1,-0.5,0\n-1.5,1e-3,1\n0.7,2,2\n"


def write_channels(
    home: Path, files: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Write good channels, *files* in place of some; return the environment."""
    contents = {"train/a.csv": GOOD, "validation/a.csv": GOOD, **(files or {})}
    for name in ("train", "validation"):
        (home / name).mkdir(parents=True)
    for name, content in contents.items():
        if content:
            (home / name).write_text(content, encoding="utf-8")
    return {
        "SM_CHANNEL_TRAIN": str(home / "train"),
        "SM_CHANNEL_VALIDATION": str(home / "validation"),
        "SM_MODEL_DIR": str(home / "model"),
    }


BAD_DATA = {
    "no CSV in train": ({"train/a.csv": ""}, r"train holds no CSV file"),
    "no CSV in validation": (
        {"validation/a.csv": "", "validation/a.txt": GOOD, "validation/.a.csv": GOOD},
        r"validation holds no CSV file: .* SM_CHANNEL_VALIDATION",
    ),
    "empty file": ({"train/a.csv": "\n"}, r"train/a\.csv has the header \(\)"),
    "no feature": ({"train/a.csv": "kind\n1\n"}, r"train/a\.csv has the header"),
    "no row": ({"validation/a.csv": "width,depth,kind\n"}, r"validation holds no row"),
    "other features": (
        {"validation/a.csv": GOOD.replace("depth", "height")},
        r"columns of \S*validation .* lacks \['depth'\] and adds \['height'\]",
    ),
    "other order": (
        {"validation/a.csv": GOOD.replace("width,depth", "depth,width")},
        r"columns of \S*validation .* another order",
    ),
    "other target": (
        {"validation/a.csv": GOOD.replace("kind", "sort")},
        r"lacks \['kind'\] and adds \['sort'\]",
    ),
    "other header within a channel": (
        {"train/b.csv": GOOD.replace("width", "w")},
        r"columns of \S*train/b\.csv are not those of \S*train/a\.csv",
    ),
    "text": (
        {"train/a.csv": GOOD + "0.1,Biscoe,0\n"},
        r"train/a\.csv, line 5, column 'depth': 'Biscoe' is no number",
    ),
    "missing value": (
        {"train/a.csv": GOOD + "\n,0.1,0\n"},
        r"train/a\.csv, line 6, column 'width': the value '' is missing",
    ),
    "missing mark": ({"train/a.csv": GOOD + "0,NA,0\n"}, r"'depth': the value 'NA' is"),
    "nan": ({"train/a.csv": GOOD + "0,-nan,0\n"}, r"'depth': '-nan' does not fit"),
    "infinite": ({"train/a.csv": GOOD + "0,inf,0\n"}, r"'depth': 'inf' does not fit"),
    "too large": ({"train/a.csv": GOOD + "0,1e39,0\n"}, r"'1e39' does not fit into 32"),
    "short row": ({"train/a.csv": GOOD + "0,0\n"}, r"line 5: 2 values for 3 columns"),
    "long row": ({"train/a.csv": GOOD + "0,0,0,0\n"}, r"line 5: 4 values for 3 colu"),
    "negative label": ({"train/a.csv": GOOD + "0,0,-1\n"}, r"'kind': '-1' is no label"),
    "broken label": (
        {"train/a.csv": GOOD + "0,0,1.5\n"},
        r"'kind': '1\.5' is no label",
    ),
    "huge label": ({"train/a.csv": GOOD + "0,0,1e30\n"}, r"'kind': '1e30' is no label"),
    "text label": ({"train/a.csv": GOOD + "0,0,Adelie\n"}, r"'Adelie' is no number"),
    "label without rows": (
        {"train/a.csv": GOOD + "0,0,4\n"},
        r"train holds the label 4 in 4 rows: encode the target",
    ),
    "label unknown to training": (
        {"validation/a.csv": GOOD + "0,0,3\n"},
        r"validation holds the label 3, which no row of \S*train has",
    ),
    "label in a gap of training": (
        {"train/a.csv": GOOD.replace("-3,1", "-3,0")},
        r"validation holds the label 1, which no row of \S*train has",
    ),
    "one class": (
        dict.fromkeys(("train/a.csv", "validation/a.csv"), "w,k\n1,0\n2,0\n"),
        r"train holds no label but 0: give it two or more",
    ),
    "open quote": ({"train/a.csv": GOOD + '"0,0,0\n'}, r"train/a\.csv cannot be read"),
}

BAD_ARGUMENTS = {
    "no epochs": ("--epochs 0", r"--epochs is 0: it must be 1 or more"),
    "no batch": ("--batch_size -4", r"--batch_size is -4: it must be 1 or more"),
    "no rate": ("--learning_rate 0", r"--learning_rate is 0\.0: it must be above 0"),
    "rate of nan": ("--learning_rate nan", r"--learning_rate is nan: it must be"),
    "rate of inf": ("--learning_rate inf", r"--learning_rate is inf: it must be"),
    "negative seed": ("--seed -1", r"--seed is -1: it must be from 0"),
    "no memory": ("--memory_share 0", r"--memory_share is 0\.0: it must be above 0"),
    "more memory than all": ("--memory_share 1.5", r"--memory_share is 1\.5: it must"),
    "memory of nan": ("--memory_share nan", r"--memory_share is nan: it must be above"),
    "text for a number": ("--epochs many", r"--epochs: invalid int value: 'many'"),
    "no value": ("--seed", r"--seed: expected one argument"),
}


def check_refused(
    argv: Sequence[str], environ: Mapping[str, str], capsys: pytest.CaptureFixture[str]
) -> str:
    """Run the script on bad input; return its only line, once the rest is checked."""
    code = train.main(argv, environ)

    output, errors = capsys.readouterr()
    assert (code, output, errors.count("\n")) == (1, "", 1)
    assert not Path(environ["SM_MODEL_DIR"]).exists()
    return errors


@pytest.mark.parametrize(("files", "problem"), BAD_DATA.values(), ids=BAD_DATA)
def test_bad_data_is_refused_in_one_sentence(
    files: dict[str, str],
    problem: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Bad data ends in exit code 1, one sentence with the place, and no folder."""
    environ = write_channels(tmp_path, files)

    sentence = check_refused([], environ, capsys)

    assert re.search(problem, sentence)


@pytest.mark.parametrize(("argv", "problem"), BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS)
def test_bad_arguments_are_refused_in_one_sentence(
    argv: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bad argument ends in exit code 1, one sentence naming it, and no folder."""
    environ = write_channels(tmp_path)

    sentence = check_refused(argv.split(), environ, capsys)

    assert re.search(problem, sentence)


def test_other_encodings_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is no UTF-8 is refused by name, with the way out."""
    environ = write_channels(tmp_path)
    (tmp_path / "train/b.csv").write_bytes("größe,kind\n1,0\n".encode("latin-1"))

    sentence = check_refused([], environ, capsys)

    assert re.search(r"train/b\.csv cannot be read .* in UTF-8", sentence)


@pytest.mark.parametrize(
    "model_dir", ["s3://bucket/model", "{home}/file", "{home}/file/m", "/proc"]
)
def test_model_folders_that_cannot_be_are_refused_before_the_training(
    model_dir: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model folder that cannot be written to is refused by name, before all work."""
    environ = write_channels(tmp_path)
    (tmp_path / "file").touch()
    model_dir = model_dir.format(home=tmp_path)

    code = train.main([], environ | {"SM_MODEL_DIR": model_dir})

    assert code == 1
    assert f"the model folder {model_dir} " in capsys.readouterr().err


def test_folders_default_to_those_of_the_container(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without SM_CHANNEL_TRAIN the data is looked for where SageMaker mounts it."""
    code = train.main([], {})

    assert code == 1
    assert "/opt/ml/input/data/train holds no CSV file" in capsys.readouterr().err


def test_the_sentence_becomes_the_failure_reason(tmp_path: Path) -> None:
    """In a job the sentence is left where SageMaker reads the FailureReason."""
    environ = write_channels(tmp_path) | {"SM_OUTPUT_DIR": str(tmp_path)}

    code = train.main(["--epochs", "0"], environ)

    assert code == 1
    assert (tmp_path / "failure").read_text() == "--epochs is 0: it must be 1 or more."


def test_only_the_whole_name_is_an_argument() -> None:
    """Other people's hyperparameters are ignored: long, one-letter, and look-alikes."""
    argv = ["--model_dir", "None/job/model", "-h", "5", "-n", "v", "-e", "3"]
    argv += ["--epoch", "7", "--layers", "[64,", "32]", "--flag", "True", "--seed", "4"]

    arguments = train.parse_arguments(argv)

    assert (arguments.epochs, arguments.batch_size) == (50, 32)
    assert (arguments.learning_rate, arguments.seed) == (0.01, 4)
    assert arguments.model_dir == "None/job/model"
    assert arguments.ignored == argv[2:-2]


def test_every_file_of_a_channel_is_read_in_order(tmp_path: Path) -> None:
    """All CSV files of a folder are one table: sorted by name, BOM or not."""
    files = {f"train/{x}.csv": f"width,depth,kind\n{ord(x)},0,1\n" for x in "hgfedcb"}
    files["train/a.csv"] = "\ufeffwidth,depth,kind\n9, -8.5 ,2.0\r\n\r\n0.1,1e-3,0\n"
    write_channels(tmp_path, files)

    channel = train.read_channel("train", tmp_path / "train")

    assert channel.columns == ("width", "depth", "kind")
    assert channel.labels.tolist() == [2, 0, *[1] * 7]
    assert channel.features.dtype == "float32"
    assert channel.features[:2].tolist() == [[9, -8.5], pytest.approx([0.1, 0.001])]
    assert channel.features[2:, 0].tolist() == [98, 99, 100, 101, 102, 103, 104]


def test_large_files_are_read_as_small_ones_are(tmp_path: Path) -> None:
    """NumPy's way to read a file, and the way row by row, give the same arrays."""
    rows = "".join(f"{n / 7!r},{-(1.1**n)!r},{n % 3}\n" for n in range(300))
    files = {
        "train/a.csv": f"\ufeffwidth,depth,kind\n{rows}",
        "train/b.csv": "width,depth,kind\r\n9, -8.5 ,2.0\r\n\r\n0.1,1e-3,0",
        "train/c.csv": '"width",depth,kind\n"1",1_0,1\n',
    }
    write_channels(tmp_path, files)

    large, small = (
        train.read_channel("train", tmp_path / "train", small=size)
        for size in (0, 1 << 20)
    )

    assert large.columns == small.columns
    assert large.features.tobytes() == small.features.tobytes()
    assert large.labels.tolist() == small.labels.tolist()
    assert len(large.labels) == 303


def read_both(folder: Path, *, small: int, at_once: int) -> list[str]:
    """Read *folder* in both ways that there are; return what each says of it."""
    said = []
    ways: list[Callable[[], object]] = [
        lambda: train.read_channel("train", folder, small=small),
        lambda: train.spool_channel(
            "train", folder, io.BytesIO(), small=small, at_once=at_once
        ),
    ]
    for way in ways:
        try:
            way()
        except train.TrainingError as error:
            said.append(str(error))
        else:
            said.append("nothing")
    return said


@pytest.mark.filterwarnings("ignore:.*no data")
@pytest.mark.parametrize(
    "content",
    [
        *(
            files["train/a.csv"]
            for files, _ in BAD_DATA.values()
            if "train/a.csv" in files
        ),
        "width,depth,kind\n\n1,2,0\n\n\n'\n'\n",
        'width,"de\npth",kind\n1,2,0\n1,"2\n",0\n1,2,1\n1,NA,0\n',
    ],
)
def test_files_of_any_size_are_refused_alike(content: str, tmp_path: Path) -> None:
    """What is wrong with a file is said in the same words, with the same line.

    However large it is, whether memory holds it, and wherever chunks end.
    """
    write_channels(tmp_path, {"train/a.csv": content})

    said = [
        sentence
        for small in (0, 1 << 20)
        for at_once in (1, 2, 3, 1000)
        for sentence in read_both(tmp_path / "train", small=small, at_once=at_once)
    ]

    assert set(said) == {said[0]}


GROUPS = {
    "no groups": ("", {}, 1000),
    "version 2": ("0::/job", {"job/memory.max": "600"}, 600),
    "version 2, no limit": ("0::/job", {"job/memory.max": "max"}, 1000),
    "version 2, a limit further out": (
        "0::/jobs/one",
        {"jobs/one/memory.max": "900", "jobs/memory.max": "700"},
        700,
    ),
    "version 2, seen from inside": ("0::/", {"memory.max": "500"}, 500),
    "version 1": (
        "5:cpu,cpuacct:/job\n4:memory:/job\n0::/",
        {"memory/job/memory.limit_in_bytes": "400", "job/memory.max": "1"},
        400,
    ),
    "version 1, no limit": (
        "4:memory:/",
        {"memory/memory.limit_in_bytes": "9223372036854771712"},
        1000,
    ),
    "version 1, the path of the host": (
        "4:memory:/docker/1f",
        {"memory/memory.limit_in_bytes": "300"},
        300,
    ),
}


@pytest.mark.parametrize(("groups", "limits", "found"), GROUPS.values(), ids=GROUPS)
def test_memory_is_what_the_machine_has_or_fewer_that_are_allowed(
    groups: str, limits: dict[str, str], found: int, tmp_path: Path
) -> None:
    """The lowest limit of the groups around a job holds, in both versions of them."""
    (tmp_path / "cgroup").write_text(f"{groups}\n" if groups else "")
    for name, limit in limits.items():
        (tmp_path / "fs" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "fs" / name).write_text(f"{limit}\n")

    memory = train.find_memory(
        machine=1000, groups=tmp_path / "cgroup", limits=tmp_path / "fs"
    )

    assert memory == found


def test_memory_without_groups_is_the_machines(tmp_path: Path) -> None:
    """Where the system knows no groups, all of the machine's memory is there."""
    assert train.find_memory(machine=1000, groups=tmp_path / "none") == 1000


def test_what_arrays_take_is_told_from_the_beginning_of_files(tmp_path: Path) -> None:
    """The estimate is near what the arrays take, and reads little of the files."""
    rows = "".join(f"{n / 7:.6f},{-n},{n % 3}\n" for n in range(10_000))
    files = {f"train/{x}.csv": f"width,depth,kind\n{rows}" for x in "ab"}
    write_channels(tmp_path, files)

    estimated = train.estimate_bytes(tmp_path / "train", sample=50_000)

    channel = train.read_channel("train", tmp_path / "train")
    taken = channel.features.nbytes + channel.labels.nbytes
    assert estimated == pytest.approx(taken, rel=0.25)


def test_a_spool_holds_what_memory_would(tmp_path: Path) -> None:
    """Read by NumPy or row by row, a spool has the rows of a channel in their order."""
    rows = "".join(f"{n / 7!r},{-(1.1**n)!r},{n % 3}\n" for n in range(300))
    write_channels(
        tmp_path,
        {
            "train/a.csv": f"\ufeffwidth,depth,kind\n{rows}",
            "train/b.csv": f'width,depth,kind\n{rows}"1",1_0,2147483647\n{rows}',
        },
    )
    channel = train.read_channel("train", tmp_path / "train")

    for small in (0, 1 << 20):
        with train.open_spool(str(tmp_path / "model/001")) as file:
            spool = train.spool_channel(
                "train", tmp_path / "train", file, small=small, at_once=64
            )
            records = spool.read(0, spool.rows)
            last = spool.read(890, 11)

        assert (spool.columns, spool.rows) == (channel.columns, channel.rows)
        assert spool.known == channel.known == {0, 1, 2, 2147483647}
        assert records["features"].tobytes() == channel.features.tobytes()
        assert records["label"].tolist() == channel.labels.tolist()
        assert last.tobytes() == records[890:].tobytes()


class Disk(io.BytesIO):
    """A file that knows how much was written to it at once, on a disk of some size."""

    def __init__(self, size: int = 1 << 30) -> None:
        super().__init__()
        self.size = size
        self.most = 0

    def write(self, content: Any) -> int:
        """Write *content*, if there is room."""
        self.most = max(self.most, len(content))
        if self.tell() + len(content) > self.size:
            raise OSError(28, "No space left on device")
        return super().write(content)


@pytest.mark.parametrize("small", [0, 1 << 20])
def test_spooling_holds_some_rows_at_a_time(small: int, tmp_path: Path) -> None:
    """However many rows a file has, no more than so many are read before they go."""
    write_channels(tmp_path, {"train/a.csv": "w,k\n" + "1.5,0\n2.5,1\n" * 500})
    disk = Disk()

    spool = train.spool_channel(
        "train", tmp_path / "train", disk, small=small, at_once=8
    )

    assert spool.rows == 1000
    assert disk.tell() == 1000 * 8
    assert disk.most == 8 * 8


def test_a_full_disk_is_no_fault_of_the_data(tmp_path: Path) -> None:
    """Where the spool finds no room, the sentence says what is to be made larger."""
    write_channels(tmp_path)

    with pytest.raises(train.TrainingError, match=r"for the disk .*No space.*make roo"):
        train.spool_channel("train", tmp_path / "train", Disk(size=8))


def test_a_spool_leaves_nothing_behind(tmp_path: Path) -> None:
    """No name leads to the file, so that even a process that is killed removes it."""
    with train.open_spool(str(tmp_path / "not/there/yet")) as file:
        file.write(b"rows")

        assert list_files(tmp_path) == []


def test_spools_need_a_folder_that_can_be_written_to() -> None:
    """Where there is no place for a spool, the way out is said."""
    with pytest.raises(train.TrainingError, match=r"^the data .* raise --memory_share"):
        train.open_spool("/proc/model")


class Rows:
    """Rows sorted by class, which count how many of them are read."""

    def __init__(self, count: int) -> None:
        self.records = np.empty(count, train.describe_record(2))
        self.records["features"][:, 0] = np.arange(count)
        self.records["label"] = np.arange(count) * 3 // count
        self.taken = 0

    def read(self, start: int, count: int) -> Any:
        """Return some, and count them."""
        self.taken += len(self.records[start : start + count])
        return self.records[start : start + count]


def numbers(blocks: Sequence[Any]) -> list[int]:
    """Return the numbers of the rows, in the order of the *blocks*."""
    return [int(number) for block in blocks for number in block["features"][:, 0]]


@pytest.mark.parametrize("block", [1, 7, 64, 640, 100_000])
def test_shuffling_gives_each_row_once_and_holds_one_block(block: int) -> None:
    """In each epoch all rows come, and no block is read before the last one is out."""
    rows = Rows(10_001)
    given: list[int] = []

    for records in train.shuffle(rows.read, 10_001, block, (0, 0)):
        assert rows.taken - len(given) <= block
        given += numbers([records])

    assert sorted(given) == [*range(10_001)]


def test_shuffling_is_of_the_seed_and_the_epoch() -> None:
    """One seed, one order; and in each epoch another."""
    rows = Rows(3_000)

    orders = [
        numbers([*train.shuffle(rows.read, 3_000, 500, seed)])
        for seed in ((0, 0), (0, 0), (0, 1), (1, 0))
    ]

    assert orders[0] == orders[1]
    assert len({tuple(order) for order in orders}) == 3


def test_shuffling_leaves_nothing_of_a_sorted_input() -> None:
    """Each half of a block has of all classes about what the whole has."""
    rows = Rows(300_000)

    first, second, *_ = train.shuffle(rows.read, 300_000, 100_000, (0, 0))

    for half in (*np.array_split(first, 2), *np.array_split(second, 2)):
        shares = np.bincount(half["label"], minlength=3) / len(half)
        assert shares == pytest.approx([1 / 3] * 3, abs=0.1)


def test_blocks_are_as_large_as_memory_allows() -> None:
    """A batch at the least, and never so much that shuffling keeps training waiting."""
    sizes = [
        train.size_block(10, 32, allowed) for allowed in (1, 40_000 * 8, float("inf"))
    ]

    assert sizes == [32, 1000, 1 << 17]


def test_gpus_share_their_memory_and_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each GPU's memory grows with what is needed, and the log names what is used."""
    asked: list[tuple[object, bool]] = []
    gpus = [SimpleNamespace(name="/physical_device:GPU:0"), SimpleNamespace(name="1")]

    train.use_gpus(gpus, lambda gpu, enable: asked.append((gpu, enable)))

    assert asked == [(gpu, True) for gpu in gpus]
    assert capsys.readouterr().out == "Training on a GPU: /physical_device:GPU:0\n"


def test_without_gpus_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """On a CPU the log is what it was."""
    train.use_gpus([], lambda *_, **__: None)

    assert capsys.readouterr().out == ""


class Exporter:
    """A model that exports two files; between them the disk may become full."""

    def __init__(self, problem: OSError | None = None) -> None:
        self.problem = problem

    def export(self, folder: str) -> None:
        """Write what a model writes, as far as the disk allows."""
        Path(folder).mkdir()
        Path(folder, "variables").touch()
        if self.problem:
            raise self.problem
        Path(folder, "saved_model.pb").touch()


def list_files(folder: Path) -> list[str]:
    """Return every path under *folder*, relative to it."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_failed_export_leaves_what_was_there(tmp_path: Path) -> None:
    """When the disk is full, the older model stays and nothing half-written beside."""
    (tmp_path / "001").mkdir()
    (tmp_path / "001/old.pb").touch()

    with pytest.raises(train.TrainingError, match=r"001 .*No space left"):
        train.save(Exporter(OSError(28, "No space left on device")), tmp_path)

    assert list_files(tmp_path) == ["001", "001/old.pb"]


def test_an_older_model_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """The new model replaces an older one, and what a killed export left is gone."""
    for name in ("001", ".001.partial"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "old.pb").touch()

    target = train.save(Exporter(), tmp_path)

    assert target == tmp_path / "001"
    assert list_files(tmp_path) == ["001", "001/saved_model.pb", "001/variables"]
