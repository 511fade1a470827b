"""All that is known to differ between AWS's toolkit and the local run, and why.

This is the one list. What is not on it must be the same on both sides, and what is on
it must still differ: a test runs each difference's witness.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from judge.case import LOOK, OWN, SHELL, Case

if TYPE_CHECKING:
    from judge.sides import Seen

HARNESS: Final = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "S3_ENDPOINT_URL",
    "SAGEMAKER_BASE_DIR", "SM_STUDIO_LOCAL_MODE",
)  # fmt: skip
"""What lets the toolkit run outside of a container: its own switches for another
``/opt/ml``, for no name server that knows ``algo-1``, and for a stand-in of S3."""

TENSORFLOW_LEAVES: Final = (
    "ENABLE_RUNTIME_UPTIME_TELEMETRY", "HDF5_PLUGIN_PATH", "KMP_DUPLICATE_LIB_OK",
    "KMP_INIT_AT_FORK", "TF2_BEHAVIOR", "TPU_ML_PLATFORM", "TPU_ML_PLATFORM_VERSION",
)  # fmt: skip

Level = Callable[["Seen", "Seen"], "tuple[Seen, Seen]"]
"""What makes two sides the same in one respect: the toolkit's, then the local run's."""


@attrs.frozen(kw_only=True)
class Difference:
    """One thing that is not the same on both sides, on purpose.

    Attributes:
        name: What it is called in test reports, and in the cases that may show it.
        why: Why it is left as it is.
        witness: A case that shows it.
        level: Makes what both sides saw the same in this one respect.
        is_everywhere: Whether every case may show it; only those that name it may
            otherwise.
    """

    name: str
    why: str
    witness: Case
    level: Level
    is_everywhere: bool = False

    def may_show_in(self, case: Case) -> bool:
        """Return whether *case* is allowed to show this difference."""
        return self.is_everywhere or self.name in case.shows


def level_all(
    case: Case, theirs: Seen, ours: Seen, *, but: Difference | None = None
) -> tuple[Seen, Seen]:
    """Return what both saw of *case* without all that is known to differ in it.

    Args:
        case: What both were asked for.
        theirs: What the script saw under the toolkit.
        ours: What it saw in the local run.
        but: A difference to leave in.
    """
    for difference in DIFFERENCES:
        if difference is not but and difference.may_show_in(case):
            theirs, ours = difference.level(theirs, ours)
    return theirs, ours


def _without(*names: str) -> Level:
    """Return what takes variables away from the toolkit's side."""

    def level(theirs: Seen, ours: Seen) -> tuple[Seen, Seen]:
        found = theirs.environment
        kept = {key: text for key, text in found.items() if key not in names}
        return theirs.with_environment(kept), ours

    return level


def _own_path(theirs: Seen, ours: Seen) -> tuple[Seen, Seen]:
    """Leave out of the toolkit's ``PYTHONPATH`` what Python finds by itself."""
    found = theirs.environment
    if "PYTHONPATH" not in found:
        return theirs, ours
    known = {*sys.path, str(Path(sys.executable).parent)}
    words = [word for word in found["PYTHONPATH"].split(":") if word not in known]
    return theirs.with_environment({**found, "PYTHONPATH": ":".join(words)}), ours


def _level_of_tensorflow(theirs: Seen, ours: Seen) -> tuple[Seen, Seen]:
    """Take the request's log level for the toolkit's, which is always 1."""
    name, found = "TF_CPP_MIN_LOG_LEVEL", theirs.environment
    if found.get(name) == "1" and name in ours.environment:
        found[name] = ours.environment[name]
    return theirs.with_environment(found), ours


def _mode(theirs: Seen, ours: Seen) -> tuple[Seen, Seen]:
    """Take from other users what the toolkit lets them do to a program."""
    files = [
        each.replace(" 100777", " 100755") for each in theirs.probe.get("files", [])
    ]
    return attrs.evolve(theirs, probe={**theirs.probe, "files": files}), ours


def _message(theirs: Seen, ours: Seen) -> tuple[Seen, Seen]:
    """Take the message away that the toolkit did not catch."""
    caught = r'(?s)(?<=ErrorMessage ").+(?="\n(Command|ExtraInfo) ")'
    return theirs, _changed(ours, caught, "")


def _torn(theirs: Seen, ours: Seen) -> tuple[Seen, Seen]:
    """Take out what is lost or won where a line is torn."""
    return _changed(theirs, r"[\s:]+", ""), _changed(ours, r"[\s:]+", "")


def _order(theirs: Seen, ours: Seen) -> tuple[Seen, Seen]:
    """Take out of the message what stood between an error and another stream's."""
    between = "\n and on it went"
    return theirs, _changed(ours, re.escape(between), "")


def _cut(theirs: Seen, ours: Seen) -> tuple[Seen, Seen]:
    """Keep as much of the failure as becomes the ``FailureReason``."""
    return _changed(theirs, r"(?s)(?<=.{1024}).*", ""), _changed(
        ours, r"(?s)(?<=.{1024}).*", ""
    )


def _changed(seen: Seen, old: str, new: str) -> Seen:
    """Return *seen* with something else in its failure, if it failed."""
    text = None if seen.failure is None else re.sub(old, new, seen.failure)
    return attrs.evolve(seen, failure=text)


def _talk(theirs: Seen, ours: Seen) -> tuple[Seen, Seen]:
    """Let the toolkit be silent."""
    return attrs.evolve(theirs, is_talked_over=False), ours


def _fails(*lines: str) -> dict[str, str]:
    """Return the code of a script that writes by itself, and fails."""
    body = "\n".join(("import os, time", *lines, "raise SystemExit(1)"))
    return {"train.py": f"{LOOK}{body}\n"}


DIFFERENCES: Final = (
    Difference(
        name="harness",
        why="The toolkit runs outside of a container here; see HARNESS.",
        witness=Case(),
        level=_without(*HARNESS),
        is_everywhere=True,
    ),
    Difference(
        name="toolkit's own lines",
        why="Its log lines repeat the request and its environment, secrets included; "
        "on a laptop the script's own lines are what one looks for.",
        witness=Case(),
        level=_talk,
        is_everywhere=True,
    ),
    Difference(
        name="ENV of the image",
        why="No image is there to say what it sets; what scripts are told of it, "
        "SM_FRAMEWORK_MODULE, is the same.",
        witness=Case(),
        level=_without("SAGEMAKER_TRAINING_MODULE"),
        is_everywhere=True,
    ),
    Difference(
        name="left by TensorFlow",
        why="TensorFlow's toolkit imports TensorFlow, which sets these for itself and "
        "does so again in a script that imports it; importing it for them takes "
        "seconds.",
        witness=Case(),
        level=_without(*TENSORFLOW_LEAVES),
        is_everywhere=True,
    ),
    Difference(
        name="PYTHONPATH",
        why="After the code the toolkit names all that its own Python looks in, so "
        "that another Python would load the wrong modules; the script's finds them "
        "by itself.",
        witness=Case(),
        level=_own_path,
        is_everywhere=True,
    ),
    Difference(
        name="TensorFlow's log level",
        why="The image overrides the request's; a laptop's TensorFlow has more to "
        "complain of, so that a request can make it louder or quieter here.",
        witness=Case(environment={"TF_CPP_MIN_LOG_LEVEL": "3"}),
        level=_level_of_tensorflow,
    ),
    Difference(
        name="writable program",
        why="A program that is no Python may be changed by every user of the container, "
        "and only by its owner on a computer with other people on it.",
        witness=Case(program="train.sh", code={"train.sh": SHELL}),
        level=_mode,
    ),
    Difference(
        name="message not caught",
        why="Only frameworks that ask for it get the script's error into the failure; "
        "the local run always says what it knows.",
        witness=Case(image=OWN, code=_fails("os.write(2, b'ValueError: x')")),
        level=_message,
    ),
    Difference(
        name="torn lines",
        why="The toolkit takes what one read of a pipe happens to hold for whole lines: "
        "the same script fails with another message the next time.",
        witness=Case(
            code=_fails(
                "for piece in b'ValueError', b': ', b'upside down':",
                "    os.write(2, piece)",
                "    time.sleep(0.3)",
            )
        ),
        level=_torn,
    ),
    Difference(
        name="two streams",
        why="The toolkit reads stdout and stderr apart and so loses what was printed "
        "when; the local run's log keeps the order, and its message follows it.",
        witness=Case(
            code=_fails(
                "os.write(2, b'ValueError: one')",
                "time.sleep(0.3)",
                r"os.write(1, b'\nand on it went\n')",
            )
        ),
        level=_order,
    ),
    Difference(
        name="long message",
        why="A script that prints errors for ever must not fill the memory; the "
        "service reads the first 1024 characters, and those are the same.",
        witness=Case(
            code=_fails(
                r"lines = (f'ValueError: {number}\n' for number in range(1500))",
                "os.write(2, ''.join(lines).encode())",
            )
        ),
        level=_cut,
    ),
)


@attrs.frozen(kw_only=True)
class Refusal:
    """A job that the toolkit runs and the local run refuses before it starts.

    Attributes:
        name: What it is called in test reports.
        why: Why it is refused.
        case: The job.
        message: What the error says, as a regular expression.
    """

    name: str
    why: str
    case: Case
    message: str


REFUSALS: Final = (
    Refusal(
        name="log level true",
        why="It is the number 1 by accident, and means that everything is printed.",
        case=Case(hyperparameters={"sagemaker_container_log_level": "true"}),
        message="is no number",
    ),
    Refusal(
        name="distributed on one host",
        why="The parameter server is started from two hosts on: what runs on one says "
        "nothing of the job that was meant.",
        case=Case(hyperparameters={"sagemaker_parameter_server_enabled": "true"}),
        message="distributed training cannot run on one computer",
    ),
    Refusal(
        name="member outside of the code",
        why="The toolkit puts such a file somewhere else and goes on; nobody meant it "
        "to lie there.",
        case=Case(code={"train.py": LOOK, "../outside.txt": "here"}),
        message="would leave the code folder",
    ),
)
