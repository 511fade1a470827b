"""Assert that a pipeline renders to the same bytes every time, everywhere."""

from __future__ import annotations

import base64
import functools
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.errors import InputError
from penguin_pipes.testing.sources import Source, text_of
from penguin_pipes.testing.texts import difference, pretty

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

AGAIN: Final = Path(__file__).with_name("again.py")
MOST_LINES: Final = 15
REGION: Final = "eu-north-1"
ADVICE: Final = (
    "A time, a random name, the order of a set or a setting of the computer moves the "
    "definition, and with it the key of the step cache."
)


def assert_deterministic(
    build: Callable[[], Source], *, fresh_process: bool = True
) -> None:
    """Assert that *build* makes the same definition, byte for byte, each time.

    It is called twice here, and once in a process where the order of sets, the time
    zone and the AWS region are others.

    Args:
        build: Makes the pipeline: a function at the top of its module, or a
            `functools.partial` of one.
        fresh_process: Whether the other process is asked. Without it, *build* may be
            any callable, and the order of sets is not seen.

    Raises:
        InputError: *build* is nothing that another process can find.
    """
    __tracebackhide__ = True
    _refuse_built(build)
    recipe = _recipe(build) if fresh_process else None
    first = text_of(build())
    _compare(first, text_of(build()), "the first rendering", "the second")
    if recipe is not None:
        there = "in another process, time zone and region"
        _compare(first, _rendered_elsewhere(recipe), "here", there)


def _refuse_built(build: object) -> None:
    """Refuse a pipeline that is built already: it could be rendered, not built anew."""
    if not callable(build):
        msg = (
            "assert_deterministic: expected what builds the pipeline, not the pipeline "
            f"itself; got {build!r:.60}. Pass a function that makes it anew"
        )
        raise InputError(msg)


def _compare(one: str, other: str, one_name: str, other_name: str) -> None:
    __tracebackhide__ = True
    if one == other:
        return
    moved = difference(
        _lines(one), _lines(other), old_name=one_name, new_name=other_name
    )
    msg = f"the definition is another one each time:\n{moved}\n{ADVICE}"
    raise AssertionError(msg)


def _lines(text: str) -> str:
    """Return a definition as lines, its members as they come."""
    try:
        return pretty(json.loads(text), ordered=False)
    except ValueError:
        return text


def _recipe(build: Callable[[], Source]) -> dict[str, Any]:
    """Return how another process gets at *build*."""
    arguments: list[Any] = []
    keywords: dict[str, Any] = {}
    target: Any = build
    while isinstance(target, functools.partial):
        arguments = [*target.args, *arguments]
        keywords = {**target.keywords, **keywords}
        target = target.func
    module = sys.modules.get(getattr(target, "__module__", None) or "")
    name = getattr(target, "__qualname__", "<none>")
    file = getattr(module, "__file__", None)
    try:
        given = pickle.dumps((arguments, keywords))
    except Exception as error:  # noqa: BLE001  # each object fails in its own way
        raise _out_of_reach(build, f"its arguments do not travel ({error})") from None
    if module is None or file is None or "<" in name:
        raise _out_of_reach(build, "it has no name at the top of a module")
    return {
        "path": [str(Path(each).absolute()) for each in sys.path],
        "module": module.__name__,
        "file": file,
        "name": name,
        "given": base64.b64encode(given).decode(),
    }


def _out_of_reach(build: object, why: str) -> InputError:
    msg = (
        f"assert_deterministic: another process cannot find {build!r:.80}: {why}. Make "
        "it a function at the top of its module, or pass fresh_process=False, which "
        "compares renderings of this process only"
    )
    return InputError(msg)


def _rendered_elsewhere(recipe: Mapping[str, Any]) -> str:
    """Return what a process of another kind renders."""
    __tracebackhide__ = True
    done = subprocess.run(
        [sys.executable, "-P", str(AGAIN)],
        input=json.dumps(recipe),
        env={**os.environ, **_other_settings(os.environ)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode == 0:
        return done.stdout
    said = "\n".join(f"  {line}" for line in done.stderr.splitlines()[-MOST_LINES:])
    msg = f"the pipeline is built here, but not in another process:\n{said}"
    raise AssertionError(msg)


def _other_settings(now: Mapping[str, str]) -> dict[str, str]:
    """Return settings that are not those of this process."""
    region = REGION if now.get("AWS_REGION") != REGION else "us-west-2"
    return {
        "PYTHONHASHSEED": "1" if now.get("PYTHONHASHSEED") != "1" else "2",
        "PYTHONIOENCODING": "utf-8",
        # Written as an offset, it needs no table of time zones.
        "TZ": "ELSE-12:45" if now.get("TZ") != "ELSE-12:45" else "ELSE+09:30",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }
