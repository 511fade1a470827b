"""How a plan looks in the terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from penguin_pipes.definition.plan import Cache, Change, Plan, StepChange, StepPlan
from penguin_pipes.report.plan import shortened, show_plan, value_text

DIGEST = "6f6567096873e6b15cd2215456a393f9e73ef331bbbd8e230b8848ad8cf7edad"


def shown(plan: Plan, *, width: int = 80) -> str:
    """Return what a plan looks like without any colour."""
    out = io.StringIO()
    show_plan(plan, Console(file=out, width=width, highlight=False))
    return out.getvalue()


def step(**fields: Any) -> StepPlan:
    """Return a step that changes."""
    defaults: dict[str, Any] = {
        "name": "train-model",
        "type": "Training",
        "change": StepChange.CHANGED,
        "cache": Cache.MISS,
    }
    return StepPlan(**{**defaults, **fields})


def change(address: str, old: Any, new: Any, step: str | None = None) -> Change:
    """Return a change."""
    return Change(
        address=f"$.Steps[1].Arguments.{address}", old=old, new=new, step=step
    )


def test_the_table_names_step_change_cache_and_why() -> None:
    """One row says what became of a step and which value did it."""
    reasons = (change("HyperParameters.epochs", "50", "60"),)

    found = shown(Plan(steps=(step(reasons=reasons),)))

    row = next(line for line in found.splitlines() if "train-model" in line)
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    expected = 'HyperParameters.epochs "50" → "60"'
    assert cells == ["train-model", "changed", "miss", expected]


def test_the_table_stays_within_its_width() -> None:
    """At 80 columns no line of the table is longer, whatever the values."""
    uri = f"s3://a-bucket-of-ours/code/{DIGEST}/a-rather-long-name-of-a-script.tar.gz"
    reasons = (change("HyperParameters.sagemaker_submit_directory", uri, uri + "x"),)

    found = shown(Plan(steps=(step(name="s" * 64, reasons=reasons),)))

    table = [line for line in found.splitlines() if line[:1] in "╭│├╰"]
    assert len(table) > 3
    assert {len(line) for line in table} == {80}


@pytest.mark.parametrize("cache", list(Cache))
def test_every_state_of_the_cache_is_told_in_words(cache: Cache) -> None:
    """Nothing hangs on a colour: the word is there, and a sentence or a reason."""
    reasons = (change("Environment.A", "1", "2"),) if cache is Cache.MISS else ()

    row = shown(Plan(steps=(step(cache=cache, reasons=reasons),)), width=120)

    line = next(line for line in row.splitlines() if "train-model" in line)
    cells = [cell.strip() for cell in line.strip("│").split("│")]
    assert cells[2] == cache
    assert cells[3]


@pytest.mark.parametrize(
    ("expires", "words"),
    [
        ("P15D", "15 days"),
        ("30dT5h", "30 days 5 hours"),
        ("PT1M", "1 minute"),
        ("P1Y2M", "1 year 2 months"),
        ("${Parameters.expiry}", "${Parameters.expiry}"),
    ],
)
def test_a_hit_says_for_how_long_it_can(expires: str, words: str) -> None:
    """The earlier run must have succeeded within ``ExpireAfter``, said in words."""
    found = shown(Plan(steps=(step(cache=Cache.HIT, expires=expires),)), width=120)

    assert f"can hit, if an earlier run succeeded within {words} " in found


def test_references_to_one_rerun_are_one_reason() -> None:
    """Two channels of the same step upstream are told once."""
    reasons = tuple(
        change(f"InputDataConfig[{index}]", "a", "b", "prep") for index in range(2)
    )

    found = shown(Plan(steps=(step(reasons=reasons),)))

    assert found.count("prep runs again (2 references)") == 1


def test_what_makes_nothing_run_again_stands_below_the_table() -> None:
    """An instance type is told, together with what it does not do."""
    ignored = (change("ResourceConfig.InstanceType", "ml.m5.large", "ml.c5.large"),)

    found = shown(Plan(steps=(step(cache=Cache.HIT, ignored=ignored),)))

    below = found.partition("╰")[2]
    assert "make nothing run again" in below
    line = 'train-model: ResourceConfig.InstanceType "ml.m5.large" → "ml.c5.large"'
    assert line in below


def test_uploads_and_changes_of_the_pipeline_are_told() -> None:
    """What lies beside the steps is there as well."""
    plan = Plan(
        steps=(),
        pipeline=(Change(address="tags.team", old=None, new="birds"),),
        uploads=(f"s3://b/code/{DIGEST}/train.py",),
    )

    found = shown(plan)

    assert 'tags.team (none) → "birds"' in found
    assert "s3://b/code/6f656709…/train.py" in found


def test_no_change_is_told_in_the_first_line() -> None:
    """One need not read the table to know."""
    unchanged = step(change=StepChange.UNCHANGED, cache=Cache.HIT)

    found = shown(Plan(steps=(unchanged,)))

    assert found.splitlines()[0] == "A deploy would change nothing."


def test_a_flood_of_reasons_is_cut() -> None:
    """A page of reasons would hide the other steps; the JSON has them all."""
    reasons = tuple(change(f"Environment.V{n}", "1", "2") for n in range(40))

    found = shown(Plan(steps=(step(reasons=reasons),)))

    assert "and 35 more; --json has them all" in found
    assert "Environment.V39" not in found


def test_values_that_look_alike_when_shortened_are_shown_whole() -> None:
    """A difference inside what is cut out would look like none."""
    one, other = "a" * 100 + "b" * 100, "a" * 101 + "b" * 99
    reasons = (change("Environment.A", one, other),)

    found = shown(Plan(steps=(step(reasons=reasons),)), width=600)

    assert f'"{one}" → "{other}"' in found


def test_control_characters_of_a_definition_do_not_reach_the_terminal() -> None:
    """A value could otherwise move the cursor or set the title."""
    reasons = (change("Environment.A", "1", "\x1b[2J\x1b]0;x\x07two"),)

    assert "\x1b" not in shown(Plan(steps=(step(reasons=reasons),)))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "(none)"),
        ("50", '"50"'),
        (50, "50"),
        (True, "true"),
        ({"a": [1]}, '{"a": [1]}'),
        ({"Get": "Parameters.data"}, '"${Parameters.data}"'),
        (
            {"Std:Join": {"On": "/", "Values": ["s3:/", "b", {"Get": "Execution.X"}]}},
            '"s3://b/${Execution.X}"',
        ),
    ],
)
def test_values_look_as_people_write_them(value: Any, text: str) -> None:
    """Strings are quoted, so that 50 and "50" differ; references are templates."""
    assert value_text(value) == text


def test_a_long_value_keeps_its_beginning_and_its_end() -> None:
    """The middle goes: a URI's bucket and its name say most."""
    text = shortened("s3://bucket/" + "x" * 200 + "/train.py")

    assert len(text) == 60
    assert text.startswith("s3://bucket/")
    assert text.endswith("/train.py")
    assert shortened(f"s3://b/{DIGEST}/x") == "s3://b/6f656709…/x"
