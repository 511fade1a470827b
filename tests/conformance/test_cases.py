"""What is promised of single training jobs: both sides show the script the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from judge.case import LOOK, OWN, SHELL, TENSORFLOW, WHOLE, Case
from judge.same import disagreements
from judge.sides import Seen, Toolkit, run_here
from penguin_pipes.errors import RequestError
from penguin_pipes.local.contract.failure import COMPILER, ERRORS, TENSORFLOW_ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VALUES: Final = {
    "true": "true",
    "null": "null",
    "nan": "NaN",
    "minus_infinity": "-Infinity",
    "too_big": "1e400",
    "small": "1e-3",
    "zero": "-0",
    "octal": "0123",
    "padded": " 7 ",
    "whole": "9007199254740993",
    "list": '[64, "a b", null, true, {"k": 1.0}]',
    "nested": "[" * 500,
    "object": '{"b": [1, 2], "a": "x,y", "": null}',
    "text": '"abc"',
    "empty": "",
    "empty_text": '""',
    "space": " ",
    "words": "x  y\tz",
    "quotes": """it's "so" `here` $HOME \\n;|&<>*?""",
    "unicode": "pingüino 🐧 ñ",
    "escaped": '"\\u00fc\\n"',
    "not_json": "{'a': 1}",
    "with-dash": "1",
    "with.dot and space": "2",
    "ünïcode": "3",
    "CASE": "upper",
    "case": "lower",
    "x": "-1",
    "é": "one letter",
    "": "no name",
    "-": "a dash",
    "path": "/opt/ml/input/data/train:/opt/mlflow",
    "model_dir": "/opt/ml/model",
}
CHANNELS: Final = {
    "train": "a,b\n",
    "Validation": "c\n",
    "v.1": "d\n",
    "a-b_c": "e\n",
    "...": "f\n",
    "0": "g\n",
}
TAKEN: Final = {
    "SM_HPS": "mine",
    "SM_MODEL_DIR": "/tmp",
    "CURRENT_HOST": "me",
    "SAGEMAKER_REGION": "nowhere-1",
    "SAGEMAKER_JOB_NAME": "mine",
    "S3_REGION": "nowhere-1",
    "SAGEMAKER_SUBMIT_DIRECTORY": "s3://not/here",
    "SAGEMAKER_CONTAINER_LOG_LEVEL": "40",
}
CONSUMED: Final = {
    "sagemaker_region": "us-west-2",
    "sagemaker_job_name": '"churn"',
    "sagemaker_container_log_level": "10",
    "sagemaker_enable_cloudwatch_metrics": "false",
    "default_user_module_name": "x",
    "sagemaker_estimator_class_name": '"TensorFlow"',
    "sagemaker_nothing": "null",
    "sagemaker_numbers": "[1, 2]",
}
ANY_CODE: Final = {"train.py": LOOK}
CASES: Final = {
    "nothing": Case(),
    "every kind of value": Case(hyperparameters=VALUES),
    "every kind of value, own image": Case(hyperparameters=VALUES, image=OWN),
    "every kind of value, shell": Case(
        hyperparameters=VALUES,
        program="train.sh",
        code={"train.sh": SHELL},
        shows=("writable program",),
    ),
    "channels": Case(channels=CHANNELS, content_types={"train": "text/csv"}),
    "channels, own image": Case(channels=CHANNELS, image=OWN),
    "channels that differ in case only": Case(channels={"a": "1", "A": "2"}),
    "environment": Case(environment={"FOO": "it's /opt/ml", "_": "", "LINES": "a\nb"}),
    "environment the toolkit sets": Case(environment=TAKEN),
    "region of boto3": Case(environment={"AWS_DEFAULT_REGION": "ap-south-1"}),
    "names that are kept back": Case(hyperparameters=CONSUMED),
    "names that are kept back, own image": Case(hyperparameters=CONSUMED, image=OWN),
    "region that is null": Case(hyperparameters={"sagemaker_region": "null"}),
    "program in quotes": Case(hyperparameters={"sagemaker_program": '"train.py"'}),
    "program in a folder": Case(
        program="a/b.c/train.py", code={"a/b.c/train.py": LOOK}
    ),
    "program with every sign": Case(program="_T1+-x..py", code={"_T1+-x..py": LOOK}),
    "shell in a folder": Case(
        program="bin/train.sh",
        code={"bin/train.sh": SHELL},
        hyperparameters={"q": "it's; exit 7", "list": "[1, 2]", "e": ""},
        shows=("writable program",),
    ),
    "program without an ending": Case(
        program="train", code={"train": SHELL}, shows=("writable program",)
    ),
    "shell without a first line": Case(
        program="train.sh",
        code={"train.sh": "python3 probe.py"},
        shows=("writable program",),
    ),
    "program of the environment": Case(
        environment={"SAGEMAKER_PROGRAM": "other.py"},
        code={"other.py": LOOK, **ANY_CODE},
    ),
    "tuning": Case(hyperparameters={"_tuning_objective_metric": "auc", "lr": "0.1"}),
    "tuning, own image": Case(
        hyperparameters={"_tuning_objective_metric": "auc"}, image=OWN
    ),
    "tuning, model folder in the container": Case(
        hyperparameters={"_tuning_objective_metric": "a", "model_dir": "/opt/ml/model"}
    ),
    "tuning, model folder that is null": Case(
        hyperparameters={"model_dir": "null", "_tuning_objective_metric": "a"}
    ),
    "own failure file": Case(
        code={
            "train.py": f"{LOOK}import os\n"
            "open(os.environ['SM_OUTPUT_DIR'] + '/failure', 'w').write('mine')\n"
            "raise SystemExit(2)\n"
        }
    ),
    "failure file of a success": Case(
        code={
            "train.py": f"{LOOK}import os\n"
            "open(os.environ['SM_OUTPUT_DIR'] + '/failure', 'w').write('mine')\n"
        }
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_script_sees_the_same(
    case: Case, run_both: Callable[..., tuple[Seen, Seen]]
) -> None:
    """Arguments, environment, files and the process itself are the toolkit's."""
    theirs, ours = run_both(case)

    assert theirs.probe, theirs.log
    assert disagreements(case, theirs, ours) == {}


def test_archive_is_unpacked_as_the_toolkit_does(
    run_both: Callable[..., tuple[Seen, Seen]],
) -> None:
    """What is fetched from S3 lies in the code folder, file by file and mode by mode."""
    case = Case(
        code={
            "train.py": LOOK,
            "lib/__init__.py": "",
            "lib/data/ñ.txt": "x",
            "requirements.txt.old": "numpy",
        }
    )

    theirs, ours = run_both(case, is_fetched=True)

    assert len([each for each in theirs.probe["files"] if "code/" in each]) == 7
    assert disagreements(case, theirs, ours) == {}


def test_fork_is_the_command_itself(run_both: Callable[..., tuple[Seen, Seen]]) -> None:
    """The toolkit that serves these tests is the image's command, started afresh."""
    case = Case(
        hyperparameters={"lr": "1e-3"},
        channels={"train": "x"},
        environment={"PYTHONPATH": "/opt/ml/code/lib:/somewhere"},
    )

    theirs, ours = run_both(case, is_cold=True)

    assert disagreements(case, theirs, ours) == {}


OUTPUT: Final = (
    r"import sys; sys.stdout.buffer.write(b'said \xff\xfe\x00 caf\xc3\xa9 \xf0\x9f\n')"
)
ENDINGS: Final = {
    "success": ("", 0),
    "not UTF-8": (OUTPUT, 0),
    "an error": ("raise ValueError('upside down')", 1),
    "an error of many lines": (
        r"raise ValueError('a\n\n  b:\nKeyError\n' + 'c\n' * 9)",
        1,
    ),
    "an error from an error": (
        "try: 1 / 0\nexcept ArithmeticError: open('/no/where')",
        1,
    ),
    "an error of TensorFlow": (
        "class InvalidArgumentError(Exception): pass\nraise InvalidArgumentError('x')",
        1,
    ),
    "an error of the compiler": (
        "raise RuntimeError('at tensorflow/compiler/xla/service.cc:1')",
        1,
    ),
    "a syntax error": ("exec('a b')", 1),
    "exit code 3": ("raise SystemExit(3)", 1),
    "a text to exit with": ("import sys; sys.exit('nothing to do')", 1),
    "an error's name to exit with": ("import sys; sys.exit('KeyError: lost')", 1),
    "killed": ("import os; os.kill(os.getpid(), 9)", 1),
    "terminated": ("import os; os.kill(os.getpid(), 15)", 1),
    "aborted": ("import os; os.abort()", 1),
}


@pytest.mark.parametrize("image", [TENSORFLOW, OWN], ids=["TensorFlow", "own image"])
@pytest.mark.parametrize(("code", "exit_code"), ENDINGS.values(), ids=ENDINGS.keys())
def test_script_ends_the_same(
    code: str,
    exit_code: int,
    image: str,
    run_both: Callable[..., tuple[Seen, Seen]],
) -> None:
    """However a script ends, the container's exit code and last words are the same."""
    shows = ("message not caught",) if image == OWN else ()
    case = Case(code={"train.py": f"{WHOLE}{code}\n"}, shows=shows, image=image)

    theirs, ours = run_both(case)

    assert theirs.exit_code == exit_code
    assert disagreements(case, theirs, ours) == {}


@pytest.mark.parametrize(
    ("end", "text"),
    [
        (
            "python3 -c 'import os; os.kill(os.getpid(), 9)'",
            "OutOfMemory: Process killed",
        ),
        ("kill -9 $$", "ExitCode "),
        ("exit 7", "ExitCode 7"),
        ("./not-there", "ExitCode 127"),
    ],
)
def test_shell_ends_the_same(
    end: str, text: str, run_both: Callable[..., tuple[Seen, Seen]]
) -> None:
    """A shell's own exit codes, that for a want of memory too, are the toolkit's."""
    case = Case(
        program="train.sh",
        code={"train.sh": f"{SHELL}{end}\n"},
        shows=("writable program",),
    )

    theirs, ours = run_both(case)

    assert text in (theirs.failure or "")
    assert disagreements(case, theirs, ours) == {}


DEADLY: Final = {
    "name with =": Case(hyperparameters={"a=b": "1"}),
    "null character": Case(hyperparameters={"a": '"\\u0000"'}),
    "half a surrogate pair": Case(hyperparameters={"a": '"\\ud800"'}),
    "region that is a number": Case(hyperparameters={"sagemaker_region": "5"}),
    "job name that is null": Case(hyperparameters={"sagemaker_job_name": "null"}),
    "log level by name": Case(
        hyperparameters={"sagemaker_container_log_level": "INFO"}
    ),
    "log level of the environment": Case(
        environment={"SAGEMAKER_CONTAINER_LOG_LEVEL": "INFO"}
    ),
    "program that is a number": Case(program="5"),
    **{
        f"program {name!r}": Case(program=name)
        for name in ("", "-c", "/train.py", "../train.py", "a//b.py", "./train.py")
    },
    "program with a space": Case(program="my train.py", code={"my train.py": LOOK}),
    "program that is not there": Case(program="other.py"),
    "archive that is none": Case(code={}),
}


@pytest.mark.parametrize("case", DEADLY.values(), ids=DEADLY.keys())
def test_what_kills_the_toolkit_is_refused(
    case: Case, run_there: Callable[[Case], Seen], tmp_path: Path
) -> None:
    """A request of which the toolkit dies never gets as far as the script here."""
    theirs = run_there(case)

    assert theirs.exit_code != 0
    assert theirs.probe == {}
    with pytest.raises(RequestError):
        run_here(case, tmp_path)


def test_words_of_errors_are_the_toolkits(toolkit: Toolkit) -> None:
    """An error is known by the same words, in the same order where that matters."""
    import sagemaker_training as aws

    words = {*aws._PYTHON_ERRORS_, *aws._MPI_ERRORS_, "ExecuteUserScriptError"}
    assert set(ERRORS) == words
    assert (*toolkit.tensorflow_errors, "XlaRuntimeError") == TENSORFLOW_ERRORS
    assert tuple(aws.SM_TRAINING_COMPILER_PATHS) == COMPILER
