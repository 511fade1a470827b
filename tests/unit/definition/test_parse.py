"""What is promised of reading definitions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.definition import (
    find_references,
    in_order,
    parse,
    parse_reference,
    upstream,
)
from penguin_pipes.errors import DefinitionError

if TYPE_CHECKING:
    from pathlib import Path


def _step(name: str, **members: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Processing", "Arguments": {}, **members}


def _document(*steps: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"Version": "2020-12-01", "Steps": list(steps), **members}


def _reads(name: str) -> dict[str, Any]:
    return {"Uri": {"Get": f"Steps.{name}.ProcessingJobArn"}}


class TestParse:
    """Documents become records."""

    def test_text_mapping_and_file_are_the_same(self, tmp_path: Path) -> None:
        """A definition is the same whether given as text, as a document or as a file."""
        document = _document(_step("a"), Parameters=[{"Name": "p", "Type": "String"}])
        file = tmp_path / "definition.json"
        file.write_text(json.dumps(document))

        parsed = parse(document)

        assert parsed == parse(json.dumps(document)) == parse(file)
        assert [step.name for step in parsed.steps] == ["a"]
        assert parsed.parameters[0].type == "String"

    def test_unknown_things_survive(self) -> None:
        """Step types and members that nobody here knows are kept as they were."""
        step = _step("a", Type="Quantum", CacheConfig={"Enabled": True}, Odd=[1])

        parsed = parse(_document(step, Extra={"x": 1}))

        assert parsed.steps[0].type == "Quantum"
        assert parsed.steps[0].raw == step
        assert parsed.raw["Extra"] == {"x": 1}

    def test_parameter_keeps_its_default_and_choices(self) -> None:
        """A parameter's default and allowed values are read with their types."""
        declared = {
            "Name": "n",
            "Type": "Integer",
            "DefaultValue": 0,
            "EnumValues": [0, 1],
        }

        (parameter,) = parse(_document(Parameters=[declared])).parameters

        assert (parameter.default, parameter.choices) == (0, (0, 1))

    @pytest.mark.parametrize(
        ("document", "message"),
        [
            pytest.param({}, r"^\$: 'Steps' is missing", id="no steps"),
            pytest.param({"Steps": 3}, r"^\$\.Steps: expected a list", id="no list"),
            pytest.param(
                {"Steps": [{"Type": "T"}]}, r"^\$\.Steps\[0\]: 'Name'", id="no name"
            ),
            pytest.param(
                {"Steps": [_step("a"), _step("a")]},
                r"^\$\.Steps\[1\]\.Name: 'a' is taken: \$\.Steps\[0\]",
                id="twins",
            ),
            pytest.param(
                {"Steps": [_step("a", Arguments="x")]},
                r"^\$\.Steps\[0\]\.Arguments: expected an object, got 'x'",
                id="arguments",
            ),
            pytest.param(
                {"Steps": [], "Parameters": [{"Name": "p", "Type": "Date"}]},
                r"^\$\.Parameters\[0\]\.Type: expected one of String, Integer",
                id="parameter type",
            ),
            pytest.param(
                {
                    "Steps": [],
                    "Parameters": [
                        {"Name": "p", "Type": "String", "DefaultValue": ["x"]}
                    ],
                },
                r"DefaultValue: expected a string, a number or a boolean",
                id="default of a list",
            ),
            pytest.param(
                {"Steps": [_step(7)]},  # type: ignore[arg-type] # the mistake itself
                r"^\$\.Steps\[0\]\.Name: expected a string that is not empty, got 7",
                id="name of a number",
            ),
        ],
    )
    def test_wrong_document_is_refused_at_its_address(
        self, document: dict[str, Any], message: str
    ) -> None:
        """Whatever is wrong is refused with the address of the place."""
        with pytest.raises(DefinitionError, match=message):
            parse(document)

    def test_text_that_is_no_json_is_refused(self) -> None:
        """A path given as text is refused with a hint to pass a Path."""
        with pytest.raises(DefinitionError, match=r"not JSON .* pass a pathlib\.Path"):
            parse("pipeline.json")

    def test_missing_file_is_refused(self, tmp_path: Path) -> None:
        """A file that is not there is named."""
        with pytest.raises(DefinitionError, match=r"nowhere\.json cannot be read"):
            parse(tmp_path / "nowhere.json")

    def test_file_that_is_no_text_is_refused(self, tmp_path: Path) -> None:
        """A binary file is named, with the byte at which it stops being text."""
        file = tmp_path / "definition.json"
        file.write_bytes(b"\x1f\x8b\x00")

        with pytest.raises(DefinitionError, match=r"not UTF-8 text .* byte 1"):
            parse(file)

    def test_endless_nesting_is_refused(self) -> None:
        """JSON nested too deeply for the reader is an error of ours, not a crash."""
        with pytest.raises(DefinitionError, match="nested too deeply"):
            parse("[" * 100_000)


class TestReferences:
    """References are found and read."""

    def test_path_is_split_into_parts(self) -> None:
        """Dots, quoted keys and indices of a path become its parts."""
        text = "Steps.tune-1.A.Outputs['tr.ain'].Jobs[2].S3Uri"

        reference = parse_reference(text)

        assert (reference.kind, reference.name) == ("Steps", "tune-1")
        assert reference.path == ("A", "Outputs", "tr.ain", "Jobs", 2, "S3Uri")

    def test_every_reference_is_found_with_its_address(self) -> None:
        """References are found inside lists, objects and Std functions."""
        value = {
            "a": [{"Get": "Parameters.p"}],
            "b": {"Std:Join": {"On": "/", "Values": ["x", {"Get": "Execution.Name"}]}},
        }

        found = [(each.text, each.address) for each in find_references(value)]

        assert found == [
            ("Parameters.p", "$.a[0].Get"),
            ("Execution.Name", "$.b.Std:Join.Values[1].Get"),
        ]

    @pytest.mark.parametrize(
        "text", ["Steps", "Steps.a", "Parameters.", "Outputs.x", "", 3, "Steps.a.b[x]"]
    )
    def test_nonsense_is_refused(self, text: object) -> None:
        """What is no reference is refused where it stands."""
        with pytest.raises(DefinitionError, match=r"^\$\.here"):
            parse_reference(text, "$.here")


class TestOrder:
    """Steps are put in order."""

    def test_step_follows_what_it_reads(self) -> None:
        """A reference, however deep in a Std function, puts a step behind another."""
        join = {"Std:Join": {"On": "", "Values": [_reads("late")["Uri"]]}}
        definition = parse(
            _document(_step("early", Arguments={"x": join}), _step("late"))
        )

        assert [step.name for step in in_order(definition)] == ["late", "early"]

    @pytest.mark.parametrize("entry", ["b", {"Step": "b", "Trigger": "Success"}])
    def test_depends_on_counts(self, entry: object) -> None:
        """DependsOn orders steps, whether it holds names or objects."""
        definition = parse(_document(_step("a", DependsOn=[entry]), _step("b")))

        assert [step.name for step in in_order(definition)] == ["b", "a"]

    def test_equals_keep_the_definition_order(self) -> None:
        """Steps that could go in any order go in the definition's."""
        names = ["z", "a", "m", "b"]
        steps = [_step(name) for name in names]
        steps[3]["DependsOn"] = ["m"]
        definition = parse(_document(*steps))

        assert [step.name for step in in_order(definition)] == names

    def test_circle_is_refused(self) -> None:
        """Steps that wait for each other are refused, with the circle drawn."""
        document = _document(
            _step("a", Arguments=_reads("b")), _step("b", DependsOn=["a"])
        )

        with pytest.raises(DefinitionError, match=r"wait for each other: .*a.*→.*b"):
            in_order(parse(document))

    def test_step_that_reads_itself_is_refused(self) -> None:
        """A step cannot read its own results."""
        with pytest.raises(DefinitionError, match="wait for each other: a → a"):
            in_order(parse(_document(_step("a", Arguments=_reads("a")))))

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"x": {"Get": "Steps.prepare.A"}}, "no step is called 'prepare'; did you"),
            ({"x": {"Get": "Parameters.q"}}, r"Arguments\.x\.Get: no parameter .* 'q'"),
        ],
    )
    def test_unknown_name_is_refused(
        self, arguments: dict[str, Any], message: str
    ) -> None:
        """A reference to nothing is refused with the nearest name there is."""
        document = _document(
            _step("prepared"),
            _step("a", Arguments=arguments),
            Parameters=[{"Name": "p", "Type": "String"}],
        )

        with pytest.raises(DefinitionError, match=message):
            in_order(parse(document))

    def test_unknown_dependency_is_refused(self) -> None:
        """DependsOn must name a step."""
        with pytest.raises(DefinitionError, match=r"DependsOn: no step is called 'x'"):
            in_order(parse(_document(_step("a", DependsOn=["x"]))))

    def test_steps_of_a_branch_follow_their_condition(self) -> None:
        """Steps inside a condition are steps like others, and come after it."""
        branch = [_step("inner"), _step("next", Arguments=_reads("inner"))]
        condition = _step(
            "choose", Type="Condition", Arguments={"IfSteps": branch, "ElseSteps": []}
        )
        definition = parse(_document(_step("after", DependsOn=["inner"]), condition))

        assert upstream(definition) == {
            "after": ("inner",),
            "choose": (),
            "inner": ("choose",),
            "next": ("choose", "inner"),
        }
        names = [step.name for step in in_order(definition)]
        assert names == ["choose", "inner", "after", "next"]

    def test_nested_branches_are_known_from_inside(self) -> None:
        """A step knows all branches around it, the outermost first."""
        low = _step(
            "low",
            Type="Condition",
            Arguments={"Conditions": [], "ElseSteps": [_step("x")]},
        )
        top = _step("top", Type="Condition", Arguments={"IfSteps": [low, _step("y")]})
        definition = parse(_document(top))

        found = {step.name: step.within for step in definition.every_step}
        assert found == {
            "top": (),
            "low": (("top", "IfSteps"),),
            "x": (("top", "IfSteps"), ("low", "ElseSteps")),
            "y": (("top", "IfSteps"),),
        }
        assert definition.every_step[1].arguments == {"Conditions": []}

    def test_condition_that_reads_its_own_branch_is_a_circle(self) -> None:
        """What decides on a step cannot wait for it."""
        arguments = {"Conditions": [_reads("inner")], "IfSteps": [_step("inner")]}
        condition = _step("choose", Type="Condition", Arguments=arguments)

        with pytest.raises(
            DefinitionError, match=r"inner → choose → inner|choose → inner"
        ):
            in_order(parse(_document(condition)))
