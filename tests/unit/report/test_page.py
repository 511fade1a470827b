"""What is promised of a run as a page: the numbers of each section, and no harm."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penguin_pipes.errors import InputError, ReportError
from penguin_pipes.local import MetricPoint, Run, Status, StepRun, Trial
from penguin_pipes.local.cache.judge import FIRST, OFF
from penguin_pipes.local.history import History
from penguin_pipes.local.kept import Kept, keep
from penguin_pipes.report.command import main
from penguin_pipes.report.page.artifacts import artifacts, size_words
from penguin_pipes.report.page.curves import curves, grouped
from penguin_pipes.report.page.evaluation import evaluations
from penguin_pipes.report.page.facts import parameters, versions
from penguin_pipes.report.page.graph import direct, graph, ranks
from penguin_pipes.report.page.html import page, parts
from penguin_pipes.report.page.jobs import end_of, jobs
from penguin_pipes.report.page.plot import Chart, Line, plot, thinned, ticks
from penguin_pipes.report.page.publish import check, write_report
from penguin_pipes.report.page.source import Source, read
from penguin_pipes.report.page.steps import cache_words, step_facts
from penguin_pipes.report.page.timeline import timeline
from penguin_pipes.report.page.tuning import best_so_far, tunings

AT = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
RUN = "abc123def456"
HOSTILE = "</script></style><img src=x onerror=hacked()><script>hacked()</script>"
EVALUATION = {
    "version": 1,
    "multiclass_classification_metrics": {
        "confusion_matrix": {
            "Adelie": {"Adelie": 9, "Gentoo": 1},
            "Gentoo": {"Adelie": 0, "Gentoo": 5},
        },
        "accuracy": {"value": 14 / 15, "standard_deviation": "NaN"},
        "weighted_f1": {"value": None},
    },
    "classes": {
        "Adelie": {"precision": {"value": 1.0}, "rows": 10},
        "Gentoo": {"precision": {"value": None}, "rows": 5},
    },
}


def points(*values: float) -> tuple[MetricPoint, ...]:
    """Return values, one a second."""
    return tuple(
        MetricPoint(at=AT + timedelta(seconds=number), value=value)
        for number, value in enumerate(values)
    )


def a_step(name: str = "fit", **fields: Any) -> StepRun:
    """Return a step that took two seconds."""
    values = {
        "name": name,
        "type": "Training",
        "job_name": f"job-{name}",
        "log": Path("/gone") / name / "log.txt",
        "status": Status.SUCCEEDED,
        "started_at": AT,
        "finished_at": AT + timedelta(seconds=2),
        "seconds": 2.0,
    }
    return StepRun(**{**values, **fields})


def a_trial(number: int, objective: float | None = None, **fields: Any) -> Trial:
    """Return a trial that succeeded."""
    values = {
        "number": number,
        "job_name": f"job-{number}",
        "log": Path("/gone") / str(number) / "log.txt",
        "status": Status.SUCCEEDED,
        "metric": "score",
        "objective": objective,
        "hyperparameters": {"depth": str(number)},
        "seconds": 1.5,
    }
    return Trial(**{**values, **fields})


def a_run(*steps: StepRun, **fields: Any) -> Run:
    """Return a run of ten seconds."""
    values = {
        "id": RUN,
        "pipeline": "churn",
        "status": Status.SUCCEEDED,
        "started_at": AT,
        "finished_at": AT + timedelta(seconds=10),
        "steps": steps,
    }
    return Run(**{**values, **fields})


def a_source(*steps: StepRun, home: Path = Path("/gone"), **fields: Any) -> Source:
    """Return what a page is made of."""
    return Source(home=home, run=a_run(*steps), **fields)


def a_definition(**needs: tuple[str, ...]) -> dict[str, Any]:
    """Return a definition of steps that depend on others."""
    steps = [
        {"Name": name, "Type": "Training", "Arguments": {}, "DependsOn": list(others)}
        for name, others in needs.items()
    ]
    declared = [{"Name": "epochs", "Type": "Integer", "DefaultValue": 50}]
    return {"Version": "2020-12-01", "Parameters": declared, "Steps": steps}


class TestSteps:
    """How each step stands, and whether the cache spared it."""

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"reused_from": "run1"}, "hit: taken from run run1"),
            (
                {"reasons": ("hyperparameter epochs 50 → 60",)},
                "miss: hyperparameter epochs 50 → 60",
            ),
            ({"reasons": (FIRST,)}, f"miss: {FIRST}"),
            ({"reasons": (OFF,)}, f"not asked: {OFF}"),
            (
                {"status": Status.SKIPPED, "reasons": ("c is true",)},
                "skipped: c is true",
            ),
            ({}, ""),
        ],
        ids=["hit", "miss", "first", "off", "skipped", "no job"],
    )
    def test_the_cache_is_told_of(self, fields: dict[str, Any], words: str) -> None:
        """A hit names the run, a miss the reason."""
        assert cache_words(a_step(**fields)) == words

    def test_needs_are_those_of_the_definition_that_ran(self) -> None:
        """Each step is told with those that it waits for."""
        kept = Kept(definition=a_definition(a=(), b=("a",)))

        found = step_facts(a_source(a_step("a"), a_step("b"), kept=kept))

        assert [each.needs for each in found] == [(), ("a",)]

    @pytest.mark.parametrize("definition", [None, {"Steps": 5}, a_definition(a=("b",))])
    def test_without_a_definition_needs_are_not_known(self, definition: Any) -> None:
        """Runs of earlier versions, and edited files, have a page all the same."""
        source = a_source(a_step("a"), kept=Kept(definition=definition))

        assert step_facts(source)[0].needs is None
        assert "was not kept" in page(source)


NEEDS = (
    st.integers(1, 8)
    .flatmap(
        lambda count: st.tuples(
            *(
                st.lists(st.sampled_from(range(number)), unique=True).map(tuple)
                if number
                else st.just(())
                for number in range(count)
            )
        )
    )
    .map(lambda rows: {str(i): tuple(map(str, row)) for i, row in enumerate(rows)})
)


class TestGraph:
    """The steps in ranks."""

    @given(NEEDS)
    def test_each_step_comes_after_what_it_needs(
        self, needs: dict[str, tuple[str, ...]]
    ) -> None:
        """Every need is of a lower rank, and first steps are of the first."""
        found = ranks(needs, list(needs))

        for name, others in needs.items():
            assert all(found[other] < found[name] for other in others)
            assert (found[name] == 0) == (not others)

    @given(NEEDS)
    def test_arrows_that_are_left_out_change_nobody_s_turn(
        self, needs: dict[str, tuple[str, ...]]
    ) -> None:
        """What can be reached along the arrows is what could be along all needs."""

        def reached(edges: list[tuple[str, str]]) -> set[tuple[str, str]]:
            found = set(edges)
            for middle in needs:
                found |= {
                    (a, d) for a, b in found for c, d in found if b == c == middle
                }
            return found

        every = [(one, name) for name in needs for one in needs[name]]
        assert reached(direct(needs)) == reached(every)
        assert set(direct(needs)) <= set(every)

    @pytest.mark.parametrize("is_upright", [False, True])
    def test_no_two_boxes_overlap(self, is_upright: bool) -> None:
        """All of them lie within the drawing, beside each other."""
        kept = Kept(definition=a_definition(a=(), b=("a",), c=("a",), d=("b", "c")))
        facts = step_facts(a_source(*map(a_step, "abcd"), kept=kept))

        found = graph(facts, is_upright=is_upright)

        assert len({(box.x, box.y) for box in found.boxes}) == 4
        assert all(box.x < found.width and box.y < found.height for box in found.boxes)
        assert found.edges == (("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"))


class TestTimeline:
    """What ran when."""

    def test_bars_are_seconds_after_the_run_began(self) -> None:
        """Trials follow their step; what did not start has no bar."""
        later = AT + timedelta(seconds=3)
        trials = (
            a_trial(
                1, 0.5, started_at=later, finished_at=later + timedelta(seconds=1.5)
            ),
            a_trial(2, 0.5, started_at=AT, taken_from="run1"),
        )
        tune = a_step(
            "tune", type="Tuning", started_at=later, seconds=4.0, trials=trials
        )
        waits = a_step("after", status=Status.NOT_STARTED, started_at=None)

        found = timeline(a_run(a_step(), tune, waits))

        assert [(b.name, b.start_s, b.seconds, b.is_trial) for b in found.bars] == [
            ("fit", 0.0, 2.0, False),
            ("tune", 3.0, 4.0, False),
            ("trial 1", 3.0, 1.5, True),
        ]
        assert found.seconds == 7.0
        assert found.percent(3.5) == "50.000"

    def test_a_clock_that_was_set_back_breaks_nothing(self) -> None:
        """What seems to have begun before the run begins with it."""
        early = a_step(
            started_at=AT - timedelta(hours=1), seconds=None, finished_at=None
        )

        bar = timeline(a_run(early)).bars[0]

        assert bar.start_s == 0.0
        assert bar.seconds >= 0


class TestCurves:
    """What became of the metrics."""

    def test_a_chart_has_one_measure_of_all_splits(self) -> None:
        """``val_loss`` stands beside ``loss``, and apart from accuracy."""
        assert grouped(["loss", "val_loss", "accuracy", "train:accuracy", "val_"]) == {
            "loss": ["loss", "val_loss"],
            "accuracy": ["accuracy", "train:accuracy"],
            "val_": ["val_"],
        }

    def test_every_value_is_in_the_chart_and_in_the_table(self) -> None:
        """Numbers as in the record, gaps where a series is shorter."""
        series = {"loss": points(3.0, 2.0, 1.0), "val_loss": points(2.5, math.nan)}

        (found,) = curves(a_run(a_step(series=series)))

        assert found.charts[0].lines[0].points == (
            (1.0, 3.0),
            (2.0, 2.0),
            (3.0, 1.0),
        )
        assert [[cell.text for cell in row] for row in found.table.rows] == [
            ["1", "3", "2.5"],
            ["2", "2", "not a number"],
            ["3", "1", ""],
        ]
        assert "loss goes from 3 to 1 in 3 values" in found.charts[0].alt

    def test_trials_have_curves_of_their_own(self) -> None:
        """Those of the winner are not told twice, as the step's."""
        trials = (a_trial(1, 0.5, series={"score": points(0.1, 0.5)}), a_trial(2))
        tune = a_step(
            "tune", type="Tuning", series={"score": points(0.5)}, trials=trials
        )

        assert [each.job for each in curves(a_run(tune))] == ["tune, trial 1"]


class TestPlot:
    """Numbers become places."""

    @given(st.floats(-1e12, 1e12), st.floats(1e-6, 1e12))
    def test_ticks_lie_within_the_axis(self, low: float, length: float) -> None:
        """There are some, in order, and not too many."""
        found = ticks(low, low + length)

        slack = 1e-6 * max(length, abs(low))
        assert 1 <= len(found) <= 8
        assert list(found) == sorted(found)
        assert all(low - slack <= each <= low + length + slack for each in found)

    @given(st.lists(st.floats(), min_size=1, max_size=50))
    def test_whatever_the_values_all_that_is_drawn_is_inside(
        self, values: list[float]
    ) -> None:
        """Not-a-number, infinities and the greatest floats included."""
        line = Line(
            name="loss", points=tuple((float(n), v) for n, v in enumerate(values))
        )

        found = plot(Chart(title="t", x="x", lines=(line,), alt="a"))

        if found is None:
            assert not line.finite
            return
        (stroke,) = found.strokes
        drawn = [
            tuple(map(float, p.split(",")))
            for path in stroke.paths
            for p in path.split()
        ]
        assert len(drawn) + len(stroke.dots) == len(line.finite)
        for x, y in [*drawn, *stroke.dots]:
            assert found.left <= x <= found.right
            assert found.top <= y <= found.bottom

    @given(
        st.lists(
            st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=3000
        )
    )
    def test_thinning_keeps_ends_lows_and_highs(self, values: list[float]) -> None:
        """The highest and the lowest value are still there, and few points."""
        every = tuple((float(n), v) for n, v in enumerate(values))

        found = thinned(every, most=40)

        ys = [y for _, y in found]
        assert (found[0], found[-1]) == (every[0], every[-1])
        assert (min(ys), max(ys)) == (min(values), max(values))
        assert len(found) <= 48
        assert list(found) == sorted(found, key=lambda each: each[0])


class TestTuning:
    """The trials of a search."""

    def test_the_best_so_far_never_falls_back(self) -> None:
        """From the first objective on, by the direction of the search."""
        more = (
            a_trial(1),
            *(
                a_trial(n, v, artifacts={"model": Path("m")})
                for n, v in ((2, 0.5), (3, 0.4), (4, 0.7))
            ),
        )
        less = tuple(attrs.evolve(each, maximize=False) for each in more)

        assert best_so_far(more) == ((2.0, 0.5), (3.0, 0.5), (4.0, 0.7))
        assert best_so_far(less) == ((2.0, 0.5), (3.0, 0.4), (4.0, 0.4))

    def test_the_table_sorts_numbers_as_numbers(self) -> None:
        """Cells have what they are sorted by; what is missing has nothing."""
        trials = (
            a_trial(9, 0.25),
            a_trial(10, failure="it broke", status=Status.FAILED),
        )
        (found,) = tunings(a_run(a_step("tune", type="Tuning", trials=trials)))

        assert found.table.columns == (
            "trial",
            "status",
            "seconds",
            "score",
            "depth",
            "why",
        )
        assert [row[3].order for row in found.table.rows] == ["0.25", ""]
        assert [row[4].order for row in found.table.rows] == ["9.0", "10.0"]
        assert found.table.rows[1][5].text == "it broke"
        assert found.sentence == "Trial 9 of 2 won with score 0.25, the highest."


class TestEvaluation:
    """The confusion matrix, and the scores of each class."""

    def found(self, folder: Path, document: Any) -> Any:
        """Return what the page tells of a document."""
        (folder / "evaluation.json").write_text(
            document if isinstance(document, str) else json.dumps(document)
        )
        step = a_step("evaluate", artifacts={"evaluation": folder, "again": folder})
        (found,) = evaluations(a_source(step, home=folder))
        return found

    def test_numbers_are_those_of_the_file(self, tmp_path: Path) -> None:
        """What is null is not defined."""
        found = self.found(tmp_path, EVALUATION)

        assert found.labels == ("Adelie", "Gentoo")
        assert [row.counts for row in found.matrix] == [(9, 1), (0, 5)]
        assert [[cell.text for cell in row] for row in found.scores.rows] == [
            ["accuracy", "0.9333"],
            ["weighted f1", "not defined"],
        ]
        assert [[cell.text for cell in row] for row in found.classes.rows] == [
            ["Adelie", "1", "10"],
            ["Gentoo", "not defined", "5"],
        ]

    @pytest.mark.parametrize(
        "document",
        [
            "",
            "[",
            "[]",
            "5",
            {},
            {"classes": 3},
            {"x_metrics": {"confusion_matrix": {"a": {"a": "<b>"}}}},
            '{"x_metrics": {"confusion_matrix": {"a": {"a": -1}}}}',
        ],
    )
    def test_what_is_no_evaluation_is_said_to_be_none(
        self, tmp_path: Path, document: Any
    ) -> None:
        """A file of the same name by others breaks no page."""
        found = self.found(tmp_path, document)

        assert found.note
        assert found.matrix == ()


class TestArtifacts:
    """What the run left."""

    def test_sizes_and_digests_are_those_of_the_bytes(self, tmp_path: Path) -> None:
        """A folder is counted with all it holds; what is gone is said to be."""
        (tmp_path / "rows").mkdir()
        (tmp_path / "rows" / "a.csv").write_text("abc")
        (tmp_path / "model.bin").write_bytes(b"abc")
        step = a_step(
            artifacts={
                "rows": tmp_path / "rows",
                "model": tmp_path / "model.bin",
                "lost": tmp_path / "lost",
            }
        )

        rows, model, lost = artifacts(a_source(step, home=tmp_path))

        assert (rows.files, rows.bytes, rows.path) == (1, 3, "rows")
        assert (
            model.sha256
            == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
        assert (lost.files, lost.bytes, lost.sha256) == (0, None, "")

    @pytest.mark.parametrize(
        ("count", "words"),
        [(0, "0 bytes"), (999, "999 bytes"), (12_345, "12.3 kB"), (5 * 10**9, "5 GB")],
    )
    def test_sizes_are_short(self, count: int, words: str) -> None:
        """Three digits and a unit."""
        assert size_words(count) == words


class TestJobs:
    """Logs and requests."""

    @pytest.mark.parametrize("most", [3, 10, 100])
    def test_of_a_long_log_whole_lines_of_the_end_are_shown(
        self, tmp_path: Path, most: int
    ) -> None:
        """What is left out and what is shown make up the file."""
        log = tmp_path / "log.txt"
        log.write_bytes(b"one\ntwo\nthree\n")

        lines, left_out = end_of(log, most)

        assert left_out + sum(len(line) + 1 for line in lines) == 14
        assert ("one", "two", "three")[3 - len(lines) :] == lines

    def test_a_reused_step_has_the_log_of_the_job_that_ran(
        self, tmp_path: Path
    ) -> None:
        """Nobody has to look for that run."""
        log = tmp_path / "log.txt"
        log.write_text("\x1b[31mdone\x1b[0m\n")
        step = a_step(reused_from="run1")

        (found,) = jobs(a_source(step, home=tmp_path, origins={"fit": a_step(log=log)}))

        assert (found.lines, found.path, found.status) == (
            ("done",),
            "log.txt",
            "Reused",
        )


class TestFacts:
    """Parameters and versions."""

    def test_defaults_are_told_from_what_was_given(self) -> None:
        """By the definition that ran; without it nothing is said."""
        run = a_run(parameters={"epochs": 50, "other": True})
        source = Source(
            home=Path("/gone"), run=run, kept=Kept(definition=a_definition())
        )
        table = parameters(source)

        assert table is not None
        assert [[cell.text for cell in row] for row in table.rows] == [
            ["epochs", "50", "default"],
            ["other", "true", ""],
        ]

    def test_versions_are_those_that_were_kept(self) -> None:
        """Of the interpreter and of each package."""
        source = a_source(
            kept=Kept(surroundings={"python": "CPython 3.11", "package numpy": "2.4"})
        )
        table = versions(source)

        assert table is not None
        assert [[cell.text for cell in row] for row in table.rows] == [
            ["python", "CPython 3.11"],
            ["numpy", "2.4"],
        ]


class Tags(HTMLParser):
    """Which tags and which attributes a page has."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.strange: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of what could run or ask for something."""
        self.scripts += tag == "script"
        if tag in {"img", "iframe", "object", "embed", "form", "input", "base", "b"}:
            self.strange.append(tag)
        for name, value in attrs:
            is_link = name in {"href", "src", "srcset", "action"} and not (
                value or ""
            ).startswith(("#", "data:,"))
            if name.startswith("on") or name == "style" or is_link:
                self.strange.append(f"{tag} {name}={value}")


def saved(home: Path, run: Run) -> Path:
    """Write a run into a home."""
    with History(home) as history:
        history.save(run)
    return home


def hostile_run(home: Path) -> Run:
    """Return a run all of whose texts would like to run as a script."""
    log, made = home / "log.txt", home / "made"
    made.mkdir(parents=True)
    log.write_text(f"{HOSTILE}\n\x1b]8;;http://127.0.0.1:9/\x07link\n")
    (home / "request.json").write_text(
        json.dumps({"HyperParameters": {HOSTILE: HOSTILE}})
    )
    label = {HOSTILE: {HOSTILE: 1}}
    document = {
        f"{HOSTILE}_metrics": {"confusion_matrix": label, HOSTILE: 0.5},
        "classes": {HOSTILE: {HOSTILE: 0.5}},
    }
    (made / "evaluation.json").write_text(json.dumps(document))
    series = {HOSTILE: points(1, 2)}
    trial = a_trial(
        1,
        0.5,
        metric=HOSTILE,
        hyperparameters={HOSTILE: HOSTILE},
        failure=HOSTILE,
        series=series,
        log=log,
    )
    fields = {
        "type": HOSTILE,
        "log": log,
        "failure": HOSTILE,
        "reasons": (HOSTILE,),
        "series": series,
        "artifacts": {HOSTILE: made},
    }
    steps = (
        a_step(HOSTILE, status=Status.FAILED, job_name=HOSTILE, **fields),
        a_step("tune", type="Tuning", trials=(trial,)),
        a_step("if", type="Condition", properties={"Outcome": HOSTILE}),
    )
    return a_run(*steps, pipeline=HOSTILE, parameters={HOSTILE: HOSTILE})


class TestPage:
    """The file."""

    def test_no_text_of_a_run_becomes_anything_else(self, tmp_path: Path) -> None:
        """Names, log lines, values and labels are shown, and are no tags."""
        kept = Kept(
            definition={"Version": HOSTILE, "Steps": []},
            surroundings={HOSTILE: HOSTILE},
        )
        source = Source(home=tmp_path / "h", run=hostile_run(tmp_path / "h"), kept=kept)
        assert {part.key for part in parts(source)} == {
            *("steps", "timeline", "curves", "tuning", "evaluation", "artifacts"),
            *("jobs", "parameters", "versions", "definition"),
        }

        html = page(source)

        tags = Tags()
        tags.feed(html)
        assert (tags.scripts, tags.strange) == (1, [])
        assert "<img" not in html
        assert html.count("&lt;script&gt;hacked()") > 20

    def test_a_run_that_did_nothing_has_a_page(self, tmp_path: Path) -> None:
        """Without steps, and without an end."""
        run = a_run(status=Status.EXECUTING, finished_at=None)

        html = page(Source(home=tmp_path, run=run))

        assert "has no end yet" in html

    def test_the_same_home_gives_the_same_page(self, tmp_path: Path) -> None:
        """Byte for byte: a page can be compared with another."""
        saved(tmp_path, a_run(a_step(series={"loss": points(2, 1)})))

        assert page(read(tmp_path)) == page(read(tmp_path))


class TestCommand:
    """The command line."""

    def test_the_latest_run_is_written_into_its_folder(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The one line that it prints says where."""
        home = saved(tmp_path / "home", a_run(a_step()))
        keep(_folder(home), a_definition(fit=()), {"python": "3"})

        code = main(["--home", str(home)])

        place = home / "runs" / RUN / "report.html"
        assert (code, capsys.readouterr().out) == (0, f"report: {place}\n")
        assert "<title>churn: run abc123def456</title>" in place.read_text()

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["abc123def457"], "did you mean 'abc123def456'?"),
            (["zzz"], "there are: abc123def456"),
            (["--out", "."], "name a file"),
            (["--out", "none/there.html"], "there is no such folder"),
            (["--home", "nowhere"], "there are no runs in nowhere"),
        ],
    )
    def test_a_wrong_request_is_one_sentence(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        arguments: list[str],
        told: str,
    ) -> None:
        """Exit code 2, the way out, and nothing is written or made."""
        home = saved(tmp_path / "home", a_run())
        monkeypatch.chdir(tmp_path)

        code = main(["--home", str(home), *arguments])

        said = capsys.readouterr().err
        assert code == 2
        assert told in said
        assert said.count("\n") == 1
        assert sorted(each.name for each in tmp_path.iterdir()) == ["home"]
        assert not _folder(home, make=False).exists()

    def test_a_missing_library_is_told_before_anything_runs(self) -> None:
        """With the extra that brings it."""
        with pytest.raises(InputError, match=r"penguin-pipes\[report\]"):
            check(None, library="no_such_library")

    def test_what_was_there_stays_if_the_disk_refuses(self, tmp_path: Path) -> None:
        """A place that takes no file is an error of the report."""
        home = saved(tmp_path / "home", a_run())
        (tmp_path / "taken").write_text("a file")

        with pytest.raises(ReportError, match="cannot be written"):
            write_report(home, out=tmp_path / "taken" / "x.html")

        assert (tmp_path / "taken").read_text() == "a file"


def _folder(home: Path, *, make: bool = True) -> Path:
    folder = home / "runs" / RUN
    if make:
        folder.mkdir(parents=True)
    return folder
