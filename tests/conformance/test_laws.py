"""Laws: whatever a request holds, both sides show it to the script alike."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from judge.case import LOOK, OWN, SHELL, TENSORFLOW, Case
from judge.same import disagreements
from penguin_pipes.local.contract.failure import ERRORS, TENSORFLOW_ERRORS
from penguin_pipes.service import RESERVED_HYPERPARAMETER

if TYPE_CHECKING:
    from collections.abc import Callable

    from judge.sides import Seen

SLOW: Final = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)

# What the service takes: no newline. What a process takes: no null, no half pair.
SPOKEN: Final = st.characters(exclude_categories=["Cs"], exclude_characters="\n\0")
HIDDEN: Final = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
NUMBERS: Final = st.one_of(st.integers(), st.floats())
JSON: Final = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.text(HIDDEN, max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(HIDDEN, max_size=6), inner, max_size=4),
    ),
    max_leaves=8,
)
NEARLY_JSON: Final = st.from_regex(
    r"\A[ ]?(-?0?[0-9]{1,3}(\.[0-9]?)?([eE][+-]?[0-9]{1,3})?|[\[{\"]?[a-z,:' ]*[\]}\"]?)[ ]?\Z"
)
NAMES: Final = st.one_of(
    st.from_regex(r"\A[a-zA-Z][a-z_A-Z0-9.-]{0,8}\Z"),
    st.text(SPOKEN.filter(lambda letter: letter != "="), max_size=8),
).filter(
    lambda name: (
        not RESERVED_HYPERPARAMETER.fullmatch(name)
        and name != "default_user_module_name"
    )
)
VALUES: Final = st.one_of(
    JSON.map(json.dumps),
    JSON.map(lambda value: json.dumps(value, ensure_ascii=False)),
    NEARLY_JSON,
    st.text(SPOKEN, max_size=30),
    st.sampled_from(["/opt/ml/model", "s3://b/opt/ml/x", "a=/opt/ml:/opt/mlx", "True"]),
).filter(lambda text: "\n" not in text and len(text) <= 2500)
CHANNELS: Final = st.dictionaries(
    st.from_regex(r"\A[A-Za-z0-9._-]{1,8}\Z").filter(
        lambda name: name not in {".", ".."}
    ),
    st.just("a,b\n"),
    max_size=4,
)
ENVIRONMENT: Final = st.dictionaries(
    st.from_regex(r"\AX_[A-Za-z0-9_]{0,8}\Z"), st.text(HIDDEN, max_size=20), max_size=3
)
PROGRAMS: Final = st.sampled_from(["train.py", "a/b/train.py", "train.sh", "run"])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a training job that has nothing to fail of."""
    program = draw(PROGRAMS)
    is_python = program.endswith(".py")
    channels = draw(CHANNELS)
    return Case(
        program=program,
        code={program: LOOK if is_python else SHELL},
        hyperparameters=draw(st.dictionaries(NAMES, VALUES, max_size=6)),
        channels=channels,
        content_types=dict.fromkeys(list(channels)[:1], "text/csv"),
        environment=draw(ENVIRONMENT),
        image=draw(st.sampled_from([TENSORFLOW, OWN])),
        shows=() if is_python else ("writable program",),
    )


@settings(SLOW, max_examples=80)
@given(case=cases())
def test_every_request_shows_the_script_the_same(
    case: Case, run_both: Callable[..., tuple[Seen, Seen]]
) -> None:
    """Hyperparameters, channels and environment of any kind reach the script alike."""
    theirs, ours = run_both(case)

    assert theirs.probe, theirs.log
    assert disagreements(case, theirs, ours) == {}


WORDS: Final = st.one_of(
    st.sampled_from(
        [*ERRORS, *TENSORFLOW_ERRORS, "Error", ":", " ", '"', "tensorflow/"]
    ),
    st.text(
        st.characters(categories=["L", "N", "P", "S"], include_characters=" "),
        max_size=6,
    ),
)
LINES: Final = st.lists(
    st.lists(WORDS, max_size=4).map("".join), min_size=1, max_size=12
).flatmap(lambda lines: st.just(lines) | st.just([*lines, *lines[:3]]))


@settings(SLOW, max_examples=40)
@given(lines=LINES, code=st.integers(1, 255))
def test_every_error_fails_in_the_same_words(
    lines: list[str], code: int, run_both: Callable[..., tuple[Seen, Seen]]
) -> None:
    """The failure of a script is what the toolkit makes of the same lines."""
    text: Any = base64.b64encode("\n".join(lines).encode()).decode()
    script = (
        f"{LOOK}import base64, os\nos.write(2, base64.b64decode({text!r}))\n"
        f"raise SystemExit({code})\n"
    )
    case = Case(code={"train.py": script})

    theirs, ours = run_both(case)

    assert f"ExitCode {code}" in (theirs.failure or "")
    assert disagreements(case, theirs, ours) == {}
