"""Script mode: what AWS's training toolkit 5.1.4 makes of hyperparameters.

Hyperparameters become the script's arguments here, as they do in the containers.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

import attrs

from penguin_pipes.definition import Node
from penguin_pipes.service import SHELL_SAFE

if TYPE_CHECKING:
    from penguin_pipes.local.contract.training import TrainingRequest

PREFIX: Final = "sagemaker_"
PROGRAM: Final = "sagemaker_program"
SOURCE: Final = "sagemaker_submit_directory"
LOG_LEVEL: Final = "sagemaker_container_log_level"
REGION: Final = "sagemaker_region"
JOB_NAME: Final = "sagemaker_job_name"
TUNING_METRIC: Final = "_tuning_objective_metric"
MODEL_DIR: Final = "model_dir"
CONSUMED: Final = frozenset(
    {
        PROGRAM,
        SOURCE,
        LOG_LEVEL,
        REGION,
        JOB_NAME,
        "sagemaker_enable_cloudwatch_metrics",
        "sagemaker_s3_output",
        "default_user_module_name",
        TUNING_METRIC,
    }
)
"""What the toolkit keeps for itself; other ``sagemaker_`` names are the framework's."""

INFO: Final = 20
SAFE_PROGRAM: Final = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._+-]*(/[A-Za-z0-9._+-]+)*")


@attrs.frozen(kw_only=True)
class ScriptMode:
    """One request as the toolkit reads it.

    Attributes:
        program: The script, relative to the root of its archive.
        source: Where the script's archive or folder is.
        hyperparameters: The script's own, as Python values.
        framework: The other ``sagemaker_`` ones, as Python values.
        log_level: How much the toolkit says.
        region: What it takes for the region.
        job_name: What a hyperparameter says the job is called.
        is_tuned: Whether it is TensorFlow's toolkit that starts a trial of a tuning.
        is_package: Whether its code is a package, of which it is a module.
    """

    program: str
    source: str
    hyperparameters: Mapping[str, Any]
    framework: Mapping[str, Any]
    log_level: int
    region: str
    job_name: str
    is_tuned: bool = False
    is_package: bool = False

    @classmethod
    def read(cls, request: TrainingRequest, node: Node) -> Self:
        """Return how the toolkit would start *request*, which stands at *node*."""
        where = Node(request.hyperparameters, f"{node.address}.HyperParameters")
        values = {key: _value(key, item) for key, item in where.entries().items()}
        ours = {key: value for key, value in values.items() if is_reserved(key)}
        where = Node(ours, where.address)
        return cls(
            program=_program(request, where),
            source=_source(where),
            hyperparameters={k: v for k, v in values.items() if k not in ours},
            framework=_framework(where),
            log_level=_log_level(request, where),
            region=_region(request, where),
            job_name=_name(where, JOB_NAME),
            is_tuned=TUNING_METRIC in ours and "tensorflow" in request.image,
        )

    def named(self, job_name: str) -> Self:
        """Return how a job with this name is started.

        TensorFlow's toolkit gives every trial of a tuning a folder of its own for its
        model, unless the folder is one of the container.
        """
        given = self.hyperparameters.get(MODEL_DIR)
        if not self.is_tuned or str(given).startswith("/opt/ml"):
            return self
        own = {MODEL_DIR: f"{given}/{job_name}/model"}
        return attrs.evolve(self, hyperparameters={**self.hyperparameters, **own})

    @property
    def is_shell(self) -> bool:
        """Whether a shell, not Python, runs the script."""
        return not (self.is_package or self.program.endswith(".py"))

    @property
    def arguments(self) -> tuple[str, ...]:
        """The script's arguments: sorted names, each with its value as a string."""
        return tuple(
            word
            for name in sorted(self.hyperparameters)
            for word in (_flag(name), _argument(self.hyperparameters[name]))
        )

    @property
    def broken_arguments(self) -> dict[str, str]:
        """What older toolkits, which the images hold, would not hand over whole."""
        words = {key: _argument(value) for key, value in self.hyperparameters.items()}
        return {k: word for k, word in words.items() if not SHELL_SAFE.fullmatch(word)}

    def command(self, python: str) -> tuple[str, ...]:
        """Return the words that start the script from the folder it lies in."""
        if self.is_shell:
            arguments = " ".join(map(shlex.quote, self.arguments))
            return ("/bin/sh", "-c", f"./{shlex.quote(self.program)} {arguments}")
        if self.is_package:
            return (python, "-m", self.program.removesuffix(".py"), *self.arguments)
        return (python, "--", self.program, *self.arguments)


def decoded(text: str) -> Any:
    """Return a hyperparameter's value: what its JSON says, or the string itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _value(key: str, node: Node) -> Any:
    """Return the value of a hyperparameter, if a process can be handed it."""
    try:
        value = decoded(node.text())
        words = f"{key}{_argument(value)}".encode()
    except RecursionError:
        node.expected("JSON that is not nested so deeply that the toolkit dies of it")
    except UnicodeEncodeError:
        node.expected("text without half a surrogate pair, which no argument can hold")
    if b"\0" in words or ("=" in key and not is_reserved(key)):
        node.expected(
            "a name without '=' and a value without a null character, which neither "
            "an argument nor an environment variable can hold"
        )
    return value


def is_reserved(name: str) -> bool:
    """Return whether a hyperparameter never reaches the script."""
    return name in CONSUMED or name.startswith(PREFIX)


def _flag(name: str) -> str:
    """Return the name of a hyperparameter as an argument."""
    dashes = "--" if len(name) > 1 else "-"
    return f"{dashes}{name}" if name else ""


def _argument(value: Any) -> str:
    """Return the value of a hyperparameter as an argument."""
    if isinstance(value, dict):
        return ",".join(f"{key}={item}" for key, item in sorted(value.items()))
    return "" if value is None else str(value)


def _program(request: TrainingRequest, where: Node) -> str:
    """Return the script's name; the environment's wins over the hyperparameter's."""
    named = where.value.get(PROGRAM)
    program = request.environment.get(PROGRAM.upper(), named)
    if program is None:
        where.cannot_run(
            f"there is neither {PROGRAM} nor a ContainerEntrypoint, and what the image "
            "itself would start is not on this computer; name one, or run it in its "
            "image (--backend docker)"
        )
    parts = str(program).split("/")
    if not SAFE_PROGRAM.fullmatch(str(program)) or {".", ".."} & set(parts):
        _refuse(where, PROGRAM, "a script's path inside its archive, like train.py")
    return str(program)


def _source(where: Node) -> str:
    """Return where the code is."""
    source = where.value.get(SOURCE)
    if source is None:
        where.cannot_run(
            f"there is no {SOURCE}, so the script is inside the image; bundle it as a "
            "sourcedir.tar.gz and name that, or run it in its image (--backend docker)"
        )
    if not str(source).startswith(("s3://", "/opt/ml/")):
        _refuse(where, SOURCE, "an s3:// name or a folder below /opt/ml")
    return str(source)


def _region(request: TrainingRequest, where: Node) -> str:
    """Return the region as the toolkit finds it; ``AWS_REGION`` tells it nothing."""
    return _name(where, REGION) or request.environment.get("AWS_DEFAULT_REGION", "")


def _name(where: Node, key: str) -> str:
    """Return a name that the toolkit makes an environment variable of."""
    value = where.value.get(key, "")
    if value is None and key == REGION:
        return ""
    if not isinstance(value, str):
        _refuse(where, key, "a name; what reads as JSON must be in quotes")
    return value


def _log_level(request: TrainingRequest, where: Node) -> int:
    """Return the log level, which must be a number or the toolkit dies of it."""
    variable = request.environment.get(LOG_LEVEL.upper(), INFO)
    try:
        int(variable)
    except ValueError:
        where.refuse(
            f"the toolkit dies of {LOG_LEVEL.upper()}={variable!r} in the environment; "
            f"make it a number, or say it with the hyperparameter {LOG_LEVEL}"
        )
    level = where.value.get(LOG_LEVEL, INFO)
    if not isinstance(level, int) or isinstance(level, bool):
        _refuse(where, LOG_LEVEL, "a number such as 20")
    return level


def _framework(where: Node) -> dict[str, Any]:
    """Return the framework's hyperparameters; none may ask for many computers."""
    found = {key: value for key, value in where.value.items() if key not in CONSUMED}
    for key, value in found.items():
        if key.endswith("_enabled") and value:
            where.cannot_run(f"{key}: distributed training cannot run on one computer")
    return found


def _refuse(where: Node, key: str, expected: str) -> NoReturn:
    """Raise the error of one reserved hyperparameter."""
    Node(where.value.get(key), f"{where.address}.{key}").expected(expected)
