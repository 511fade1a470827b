"""What is promised of runs of some steps only, and of runs that are gone on with."""

from __future__ import annotations

from typing import Any

import pytest

from penguin_pipes.errors import InputError, StepFailedError
from penguin_pipes.local import Event, History, Status, StepFinished


def _names(recorder: Any) -> list[str]:
    """Return which steps' commands ran, in their order, since this was last asked."""
    found = [command.cwd.parent.name for command in recorder.commands]
    recorder.commands.clear()
    return found


def _write(command: Any, _: Any) -> None:
    """Write a file into every output of a step; the number of files staged is in it."""
    data = command.cwd / "processing"
    seen = sum(path.is_file() for path in (data / "input").rglob("*"))
    for folder in data.iterdir():
        if folder.name != "input":
            (folder / "x").write_text(str(seen))


def _last(project: Any) -> Any:
    """Return the record of the newest run."""
    with History(project.home) as history:
        return history.runs()[0]


@pytest.fixture
def chain(project: Any, recorder: Any) -> list[Any]:
    """Return steps a, b after a, c after b, and d beside them; none is cached."""
    recorder.act = _write
    return [
        project.processing("a", outputs=("x",)),
        project.processing("b", inputs={"x": project.output("a", "x")}, outputs=("x",)),
        project.processing("c", inputs={"x": project.output("b", "x")}, outputs=("x",)),
        project.processing("d", outputs=("x",)),
    ]


class TestSelected:
    """Some steps only."""

    def test_only_the_selected_step_runs(
        self, project: Any, recorder: Any, chain: Any
    ) -> None:
        """What it reads comes from the last run; the others are skipped."""
        before = project.run(*chain, backend=recorder)
        _names(recorder)

        run = project.run(*chain, only=["b"], backend=recorder)

        assert _names(recorder) == ["b"]
        assert run.status is Status.SUCCEEDED
        assert {step.name: step.status for step in run.steps} == {
            "a": Status.SUCCEEDED,
            "b": Status.SUCCEEDED,
            "c": Status.SKIPPED,
            "d": Status.SKIPPED,
        }
        taken = run.step("a")
        assert taken.reused_from == before.id
        assert taken.artifacts == before.step("a").artifacts
        assert run.step("b").reused_from is None
        assert run.step("c").reasons == ("it was not selected",)
        assert (run.step("b").artifacts["x"] / "x").read_text() == "2"

    def test_step_and_all_after_it_run(
        self, project: Any, recorder: Any, chain: Any
    ) -> None:
        """From a step on means: that step, and whatever needs it, directly or not."""
        project.run(*chain, backend=recorder)
        _names(recorder)

        project.run(*chain, from_step="b", backend=recorder)

        assert _names(recorder) == ["b", "c"]

    def test_selected_step_is_cached_as_ever(self, project: Any, recorder: Any) -> None:
        """Selecting and caching are two things: a cached step that holds is taken."""
        step = project.processing("a", CacheConfig={"Enabled": True})
        project.run(step, backend=recorder)
        _names(recorder)

        project.run(step, only=["a"], backend=recorder)
        assert _names(recorder) == []
        project.run(step, only=["a"], cache="refresh", backend=recorder)
        assert _names(recorder) == ["a"]

    def test_outputs_come_from_the_last_run_that_has_them(
        self, project: Any, recorder: Any, chain: Any
    ) -> None:
        """A run that failed before counts for what it had; one that has less does not."""
        good = project.run(*chain, backend=recorder)
        recorder.fails = {"b"}
        with pytest.raises(StepFailedError, match="'b'"):
            project.run(*chain, backend=recorder)
        half = _last(project)
        recorder.fails = set()

        for_b = project.run(*chain, only=["b"], backend=recorder)
        for_c = project.run(*chain[:3], only=["c"], backend=recorder)

        assert for_b.step("a").reused_from == half.id
        assert for_c.step("b").reused_from == for_b.id
        assert good.step("b").artifacts != for_b.step("b").artifacts

    def test_nobody_has_what_it_reads(
        self, project: Any, recorder: Any, chain: Any
    ) -> None:
        """Without a run that has it, nothing starts."""
        with pytest.raises(
            InputError, match=r"step 'b' reads what 'a' wrote, and no run of 'pipeline'"
        ):
            project.run(*chain, only=["b"], backend=recorder)

        assert _names(recorder) == []
        assert not project.home.exists()

    def test_outputs_that_are_gone_are_not_taken(
        self, project: Any, recorder: Any, chain: Any
    ) -> None:
        """A run whose outputs were deleted is none that has them."""
        run = project.run(*chain, backend=recorder)
        (run.step("a").artifacts["x"] / "x").unlink()
        run.step("a").artifacts["x"].rmdir()

        with pytest.raises(InputError, match="run the whole pipeline first"):
            project.run(*chain, only=["b"], backend=recorder)

    def test_gap_is_refused(self, project: Any, recorder: Any, chain: Any) -> None:
        """As at the service, what lies between two selected steps must be selected."""
        project.run(*chain, backend=recorder)

        with pytest.raises(InputError, match="'b' lies between 'a' and 'c'"):
            project.run(*chain, only=["a", "c"], backend=recorder)

    @pytest.mark.parametrize("how", [{"only": ["bb"]}, {"from_step": "bb"}])
    def test_step_that_is_none(
        self, project: Any, recorder: Any, chain: Any, how: Any
    ) -> None:
        """The nearest name is offered."""
        with pytest.raises(InputError, match="no step 'bb' to run; did you mean 'b'"):
            project.run(*chain, **how, backend=recorder)

    def test_both_ways_at_once_are_refused(
        self, project: Any, recorder: Any, chain: Any
    ) -> None:
        """Two answers to one question are none."""
        with pytest.raises(InputError, match="from_step and only: both say"):
            project.run(*chain, only=["a"], from_step="b", backend=recorder)

    def test_unselected_steps_may_be_of_any_type(
        self, project: Any, recorder: Any
    ) -> None:
        """A step that cannot run here is no obstacle if it need not."""
        notify = {"Name": "n", "Type": "Lambda", "FunctionArn": "x", "Arguments": {}}

        run = project.run(project.processing("a"), notify, only=["a"], backend=recorder)

        assert run.step("n").status is Status.SKIPPED

    def test_step_of_a_branch_runs_when_it_is_selected(
        self, project: Any, recorder: Any
    ) -> None:
        """Whoever selects a step of a branch wants it run, whatever was decided."""
        condition = {
            "Name": "c",
            "Type": "Condition",
            "Arguments": {
                "Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 2}],
                "IfSteps": [project.processing("a")],
                "ElseSteps": [],
            },
        }
        project.run(condition, backend=recorder)
        assert _names(recorder) == []

        project.run(condition, only=["a"], backend=recorder)
        assert _names(recorder) == ["a"]


class TestResumed:
    """Going on from a run that failed."""

    def test_only_what_had_not_succeeded_runs(
        self, project: Any, recorder: Any, chain: Any
    ) -> None:
        """Steps that had succeeded are taken, although none is cached."""
        recorder.fails = {"b"}
        with pytest.raises(StepFailedError, match="'b'"):
            project.run(*chain, keep_going=True, backend=recorder)
        failed = _last(project)
        recorder.fails = set()
        assert sorted(_names(recorder)) == ["a", "b", "d"]

        run = project.run(*chain, resume=True, backend=recorder)

        assert _names(recorder) == ["b", "c"]
        assert run.status is Status.SUCCEEDED
        assert run.step("a").reused_from == run.step("d").reused_from == failed.id
        assert (run.step("c").artifacts["x"] / "x").read_text() == "2"

    def test_interrupted_run_is_gone_on_with_again_and_again(
        self, project: Any, recorder: Any, chain: Any
    ) -> None:
        """What was taken once is taken by the next resumption too."""
        first = ""
        for name in ("b", "c"):

            def act(command: Any, on_line: Any, name: str = name) -> None:
                _write(command, on_line)
                if command.cwd.parent.name == name:
                    raise KeyboardInterrupt

            recorder.act = act
            with pytest.raises(KeyboardInterrupt):
                project.run(*chain, resume=bool(first), backend=recorder)
            first = first or _last(project).id
        recorder.act = _write
        _names(recorder)

        run = project.run(*chain, resume=True, backend=recorder)

        assert _names(recorder) == ["c", "d"]
        assert run.step("a").reused_from == first

    def test_step_that_was_changed_runs_again(
        self, project: Any, recorder: Any, chain: Any
    ) -> None:
        """A result is taken only if the step would come to the same, and says why not."""
        recorder.fails = {"c"}
        with pytest.raises(StepFailedError, match="'c'"):
            project.run(*chain, backend=recorder)
        recorder.fails = set()
        _names(recorder)
        changed = project.processing("a", "print('new')", outputs=("x",))

        run = project.run(changed, *chain[1:], resume=True, backend=recorder)

        assert _names(recorder) == ["a", "c", "d"]
        assert run.step("a").reasons == ("code a.py changed",)

    def test_other_runs_ignore_what_is_not_cached(
        self, project: Any, recorder: Any, chain: Any
    ) -> None:
        """Without resume, a step without caching runs in every run."""
        project.run(*chain, backend=recorder)
        _names(recorder)

        project.run(*chain, backend=recorder)

        assert _names(recorder) == ["a", "b", "c", "d"]

    def test_function_is_not_called_again(self, project: Any, recorder: Any) -> None:
        """What a function did in the run that failed it need not do again."""
        notify = {
            "Name": "n",
            "Type": "Lambda",
            "FunctionArn": "x",
            "Arguments": {"id": "a"},
            "OutputParameters": [{"OutputName": "id", "OutputType": "String"}],
        }
        reference = {"Get": "Steps.n.OutputParameters['id']"}
        step = project.processing("a", arguments={"Environment": {"ID": reference}})
        called: list[Any] = []

        def act(event: Any) -> Any:
            called.append(event)
            return event

        recorder.fails = {"a"}
        with pytest.raises(StepFailedError, match="'a'"):
            project.run(notify, step, stand_ins={"n": act}, backend=recorder)
        recorder.fails = set()
        recorder.commands.clear()

        project.run(notify, step, stand_ins={"n": act}, resume=True, backend=recorder)

        assert called == [{"id": "a"}]
        assert recorder.commands[0].environment["ID"] == "a"

    @pytest.mark.parametrize(
        "how", [{"only": ["b", "c"]}, {"from_step": "b"}], ids=["only", "from"]
    )
    def test_selected_steps_are_gone_on_with_alone(
        self, project: Any, recorder: Any, chain: Any, how: Any
    ) -> None:
        """Of a run of some steps, those are gone on with; the others stay unselected."""
        whole = project.run(*chain, backend=recorder)
        recorder.fails = {"c"}
        with pytest.raises(StepFailedError, match="'c'"):
            project.run(*chain, **how, backend=recorder)
        failed = _last(project)
        _names(recorder)

        with pytest.raises(StepFailedError, match="'c'"):
            project.run(*chain, resume=True, backend=recorder)
        recorder.fails = set()
        again = project.run(*chain, resume=True, backend=recorder)

        assert _names(recorder) == ["c", "c"]
        assert again.selected == failed.selected == ("b", "c")
        assert again.step("a").reused_from == whole.id
        assert again.step("b").reused_from == failed.id
        assert again.step("d").status is Status.SKIPPED
        assert again.step("d").reasons == ("it was not selected",)

    def test_selected_steps_are_gone_on_with_after_a_kill(
        self, project: Any, recorder: Any, chain: Any
    ) -> None:
        """It is known from the beginning of a run what was selected."""
        project.run(*chain, backend=recorder)

        def act(_: Any, __: Any) -> None:
            raise KeyboardInterrupt

        recorder.act = act
        with pytest.raises(KeyboardInterrupt):
            project.run(*chain, only=["b"], backend=recorder)
        recorder.act = _write
        _names(recorder)

        run = project.run(*chain, resume=True, backend=recorder)

        assert _names(recorder) == ["b"]
        assert run.status is Status.SUCCEEDED

    def test_another_choice_wins(self, project: Any, recorder: Any, chain: Any) -> None:
        """Who selects steps anew gets those; what had succeeded of them is taken."""
        project.run(*chain, backend=recorder)
        recorder.fails = {"c"}
        with pytest.raises(StepFailedError, match="'c'"):
            project.run(*chain, from_step="b", backend=recorder)
        recorder.fails = set()
        _names(recorder)

        run = project.run(*chain, resume=True, only=["b"], backend=recorder)
        assert _names(recorder) == []
        assert run.selected == ("b",)

    def test_a_whole_run_is_gone_on_with_as_a_whole(
        self, project: Any, recorder: Any, chain: Any
    ) -> None:
        """Where nothing was selected, nothing is."""
        recorder.fails = {"b"}
        with pytest.raises(StepFailedError, match="'b'"):
            project.run(*chain, backend=recorder)
        recorder.fails = set()

        run = project.run(*chain, resume=True, backend=recorder)

        assert run.selected is None
        assert run.step("d").status is Status.SUCCEEDED

    def test_nothing_to_resume(self, project: Any, recorder: Any, chain: Any) -> None:
        """A first run, or one after a success, cannot be a resumption."""
        with pytest.raises(InputError, match="no run of 'pipeline' here to resume"):
            project.run(*chain, resume=True, backend=recorder)
        project.run(*chain, backend=recorder)

        with pytest.raises(InputError, match="has succeeded: there is nothing to res"):
            project.run(*chain, resume=True, backend=recorder)

    def test_living_run_cannot_be_resumed(
        self, project: Any, recorder: Any, chain: Any
    ) -> None:
        """A run that goes on still is not gone on with by another."""
        refused: list[str] = []

        def watch(event: Event) -> None:
            if isinstance(event, StepFinished) and not refused:
                with pytest.raises(InputError, match="goes on still") as caught:
                    project.run(*chain, resume=True, backend=recorder)
                refused.append(str(caught.value))

        project.run(*chain, backend=recorder, watch=watch)

        assert len(refused) == 1
