"""What is promised of the benchmarks' figures: fair turns, honest ratios, one page."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from benchmarks import growth, readme, steps, training
from benchmarks.__main__ import README, RESULTS
from benchmarks.building import compare
from benchmarks.curves import Curve, Growth
from benchmarks.curves import measure as measure_curves
from benchmarks.curves import table as curves_table
from benchmarks.measure import Contender, Figures, alternate, python
from benchmarks.peers.race import (
    ACTIONS,
    AGAIN,
    COLD,
    TUNING,
    Act,
    Standing,
    Tool,
    race,
)
from benchmarks.peers.race import table as race_table
from benchmarks.profile import Phase, imports
from benchmarks.results import Results
from benchmarks.serving import measure, table
from penguin_pipes.definition import Severity, validate

if TYPE_CHECKING:
    from pathlib import Path


def figures(name: str, *seconds: float, limit: float | None = None) -> Figures:
    """Return figures beside a first contender that always takes two seconds."""
    ratios = tuple(each / 2 for each in seconds)
    return Figures(name=name, seconds=seconds, ratios=ratios, limit=limit)


def test_everyone_has_a_turn_in_each_round_and_none_is_always_first() -> None:
    """The round that warms up is not counted; each turn has a fresh folder."""
    turns: list[tuple[str, int]] = []
    folders: set[Path] = set()

    def contender(name: str) -> Contender:
        def run(folder: Path, number: int) -> None:
            assert [path.name for path in folder.iterdir()] == ["ready"]
            turns.append((name, number))
            folders.add(folder)

        return Contender(
            name=name, run=run, prepare=lambda folder, _: (folder / "ready").touch()
        )

    found = alternate([contender("a"), contender("b")], rounds=3)

    assert [len(each.seconds) for each in found] == [3, 3]
    assert [name for name, _ in turns] == ["a", "b", "b", "a", "a", "b", "b", "a"]
    assert [number for _, number in turns] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert len(folders) == 8
    assert not any(folder.exists() for folder in folders)


def test_ratio_is_by_the_first_contender_of_the_same_round() -> None:
    """What is prepared beforehand is not timed."""

    def wait(seconds: float) -> Contender:
        return Contender(
            name=str(seconds),
            prepare=lambda *_: time.sleep(0.2),
            run=lambda *_: time.sleep(seconds),
        )

    base, other = alternate([wait(0.02), wait(0.04)], rounds=1)

    assert base.ratios == (1.0,)
    assert other.ratio == other.seconds[0] / base.seconds[0]
    assert other.seconds[0] < 0.2


def test_command_that_fails_stops_the_benchmark(tmp_path: Path) -> None:
    """A run that broke off would be the fastest of all."""
    with pytest.raises(RuntimeError, match=r"ended with 3:\nno penguins"):
        python("-c", "print('no penguins'); raise SystemExit(3)", cwd=tmp_path)


def test_page_keeps_the_other_benchmarks(tmp_path: Path) -> None:
    """A benchmark that runs again replaces its own section alone."""
    page = Results(tmp_path / "RESULTS.md")
    page.put("first", "The first", [figures("by hand", 2.0)])
    page.put("second", "The second", [figures("by hand", 2.0)])
    page.put("first", "The first", [figures("by hand", 2.0), figures("ours", 1, 9, 3)])

    text = page.path.read_text()
    assert text.count("## The first") == text.count("## The second") == 1
    assert "| ours | 3.00 (1.00 to 9.00) | 1.500 |  |" in text
    assert "Python 3." in text


def test_missed_limit_is_told(tmp_path: Path) -> None:
    """In the table, in words; what is within says nothing."""
    page = Results(tmp_path / "RESULTS.md")

    text = page.put(
        "x", "X", [figures("a", 1.0, limit=0.6), figures("b", 3.0, limit=1)]
    )

    assert "| a | 1.00 (1.00 to 1.00) | 0.500 | 0.60 |" in text
    assert "| b | 3.00 (3.00 to 3.00) | 1.500 | 1.00 **missed** |" in text


def test_memory_that_grows_under_load_is_told() -> None:
    """The round that warms up counts for nothing; waits are of all other rounds."""
    memory = iter([100.0, 100.0, 100.0, 104.0, 104.0, 106.0])
    waits = [0.001] * 98 + [0.5] * 2

    loads = measure(
        lambda clients: (100 / clients, waits), lambda: next(memory), rounds=2
    )

    assert [each.clients for each in loads] == [1, 8, 32]
    assert [each.is_within for each in loads] == [True, True, False]
    one, _, last = [*table(loads)][2:]
    assert one == "| 1 | 1 (1 to 1) | 1.0 | 500.0 | 100, 104 | 1.040 |"
    assert last.endswith("| 100, 106 | 1.060 **missed** |")


def grown(*seconds: tuple[float, ...], sizes: tuple[int, ...] = (1, 10, 100)) -> Growth:
    """Return what a curve came to."""
    curve = Curve(name="steps", sizes=sizes, run=lambda *_: None)
    return Growth(curve=curve, seconds=seconds)


def test_what_grows_faster_than_its_size_is_told() -> None:
    """The power is that between the last two sizes, in the median round."""
    linear = grown((9.0,) * 3, (1.0, 1.0, 2.0), (10.0, 10.0, 200.0))
    square = grown((1.0,), (1.0,), (100.0,))

    assert linear.power == pytest.approx(1)
    assert linear.is_within
    assert square.power == pytest.approx(2)
    assert [*curves_table([square])][-1] == (
        "| steps | 1: 1.000; 10: 1.000; 100: 100.000 | 100.000 to 100.000 "
        "| 2.00 **missed** |"
    )


def test_growth_runs_at_small_sizes() -> None:
    """Each of its programs comes to its end, and finds what it looks for."""
    curves = growth.curves(step_counts=(1, 2), run_counts=(2, 3), trial_counts=(1, 2))

    found = measure_curves(curves, rounds=1)

    assert len({each.curve.name for each in found}) == len(found) == 7
    assert all(len(each.seconds) == 2 for each in found)


def test_a_thousand_steps_are_a_definition() -> None:
    """The longest chain that is timed is one that the service would take, too."""
    longest = steps.definition(steps.chain(max(growth.STEPS), is_cached=True))

    assert not [each for each in validate(longest) if each.severity is Severity.ERROR]


def test_shares_of_imports_are_by_package() -> None:
    """The SDK's family counts as its members; a module's own time counts once."""
    log = (
        "import time: self [us] | cumulative | imported package\n"
        "import time:       600 |        600 |     sagemaker.core.a\n"
        "import time:       300 |        900 |   sagemaker.core\n"
        "import time:       100 |       1000 | penguin_pipes.factories\n"
    )

    assert compare.shares(log) == {"sagemaker.core": 0.9, "penguin_pipes": 0.1}


@pytest.mark.slow  # imports the SDK twice, each in a fresh process
def test_our_build_calls_nobody_and_the_other_way_is_counted() -> None:
    """Both render the same three steps; the stand-in sees every call of AWS."""
    assert compare.calls(compare.OURS) == 0
    assert compare.calls(compare.LITERAL) > 30


def racer(name: str) -> Tool:
    """Return a tool of that name."""
    return Tool(name=name, setup=lambda *_: None, actions={})


def test_row_that_a_peer_wins_says_so_and_what_a_peer_cannot_do_is_a_dash() -> None:
    """Ratios are to the scripts by hand, of the same action and the same round."""
    tools = (
        racer("by hand"),
        racer("penguin_pipes 1"),
        Tool(name="peer 2", setup=lambda *_: None, actions={}, notes={AGAIN: "Why."}),
    )
    seconds = {(action, tool.name): (4.0, 2.0) for action in ACTIONS for tool in tools}
    seconds[COLD, "peer 2"] = (2.0, 1.0)
    del seconds[AGAIN, "peer 2"]
    found = Standing(tools=tools, seconds=seconds)

    cold, again, *_, note = [*race_table(found)][2:]

    assert not found.is_within
    assert cold.startswith("| cold **lost to peer 2** | 1.000, 3.0 (2.0 to 4.0) |")
    assert cold.endswith("| 0.500, 1.5 (1.0 to 2.0) |")
    assert again.endswith("| — [1] |")
    assert note == "1. Why."


def test_actions_follow_each_other_in_one_project() -> None:
    """Each round has a fresh project per tool; what it lacks is left out."""
    done: list[tuple[str, str]] = []

    def act(action: str) -> Act:
        return lambda folder, _: done.append((action, folder.name))

    tool = Tool(
        name="by hand",
        setup=act("setup"),
        actions={TUNING: act(TUNING), COLD: act(COLD)},
    )

    found = race([tool], rounds=1)

    assert [action for action, _ in done] == ["setup", COLD, TUNING] * 2
    assert len({folder for _, folder in done}) == 2
    assert {action for action, _ in found.seconds} == {COLD, TUNING}


def test_profile_names_imports_that_are_part_of_no_other() -> None:
    """A module's time has that of what it imports in it: it is told once."""
    log = (
        "import time: self [us] | cumulative | imported package\n"
        "import time:       100 |     400000 |   sagemaker.core\n"
        "import time:       100 |     500000 | penguin_pipes.factories\n"
        "import time:       100 |        100 | shutil\n"
    )

    assert [*imports(log)] == [Phase("import penguin_pipes.factories", None, 0.5)]


def test_training_that_is_slower_than_fit_on_arrays_is_told() -> None:
    """Where the data fits into memory; what is streamed has no limit."""

    def runs(name: str, seconds: float, limit: float | None = None) -> training.Runs:
        return training.Runs(
            name=name,
            rows=1000,
            seconds=(seconds,),
            memory_mb=(700.0, 800.0),
            ratio=seconds / 2,
            limit=limit,
        )

    found = [runs("fits", 2.0, 1.0), runs("slow", 2.1, 1.0), runs("streamed", 3.0)]

    assert [each.is_within for each in found] == [True, False, True]
    assert [*training.table(found)][2:] == [
        "| 1,000 | fits | 2.00 (2.00 to 2.00) | 1.000 | 800 | 1.00 |",
        "| 1,000 | slow | 2.10 (2.10 to 2.10) | 1.050 | 800 | 1.00 **missed** |",
        "| 1,000 | streamed | 3.00 (3.00 to 3.00) | 1.500 | 800 |  |",
    ]


def test_who_learns_less_is_not_fast() -> None:
    """Accuracies are read from the logs, and must be about the same."""
    logs = [
        f"Epoch 1/1\n9/9 - 1s - accuracy: 0.5 - loss: 1.2 - val_accuracy: {value}"
        for value in (0.99, 0.98, 0.7)
    ]

    accuracies = [training.accuracy(log) for log in logs]

    assert accuracies == [0.99, 0.98, 0.7]
    training.compare(accuracies[:2])
    with pytest.raises(RuntimeError, match=r"not learnt the same: .*0\.7"):
        training.compare(accuracies)


def test_readme_has_the_figures_that_were_written_last() -> None:
    """No figure stands there that the benchmarks did not write."""
    text = README.read_text(encoding="utf-8")
    _, _, rest = text.partition(readme.BEGIN)
    shown, end, _ = rest.partition(readme.END)

    assert end
    assert shown == f"\n{readme.figures(Results(RESULTS).sections())}\n"


def test_readme_is_written_anew_with_new_figures(tmp_path: Path) -> None:
    """What stands around them stays, and what was not measured is not mentioned."""
    page = tmp_path / "README.md"
    page.write_text(f"above\n{readme.BEGIN}\nstale\n{readme.END}\nbelow\n")
    row = "| {} | 1.00 (1.00 to 1.00) | {} | |".format
    sections = {
        "engine": "\n".join(
            row(f"run_locally, {what}", "0.1234") for what in readme.AGAIN
        ),
        "tuning": row("a tuning step of three trials, two at once", "0.5"),
    }

    readme.update(page, sections)

    text = page.read_text()
    assert text.startswith("above\n")
    assert text.endswith("\nbelow\n")
    assert "stale" not in text
    assert "| 0.12 | 0.12 | 0.12 |" in text
    assert "Three trials, two at once: 0.50 of three trainings by hand." in text
    assert "deploy" not in text
    assert "million" not in text
