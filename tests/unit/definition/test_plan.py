"""What a deploy changes, and which steps run again because of it."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from penguin_pipes.definition import parse
from penguin_pipes.definition.plan import Cache, Change, Plan, StepChange, plan
from penguin_pipes.errors import DefinitionError
from penguin_pipes.service import CACHE_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ON = {"Enabled": True, "ExpireAfter": "P15D"}
EXECUTION = {"Get": "Execution.PipelineExecutionId"}
URI_OF_TRAIN = "Steps.prep.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"


def joined(*parts: Any) -> dict[str, Any]:
    """Return what joins *parts* with slashes."""
    return {"Std:Join": {"On": "/", "Values": list(parts)}}


def channel(uri: Any, name: str = "train") -> dict[str, Any]:
    """Return a channel of a training."""
    source = {"S3DataSource": {"S3Uri": uri, "S3DataType": "S3Prefix"}}
    return {"ChannelName": name, "DataSource": source}


def processing(name: str = "prep", **extra: Any) -> dict[str, Any]:
    """Return a cached step whose output has the execution's id in its address."""
    arguments = {
        "ProcessingJobName": "prep",
        "AppSpecification": {"ImageUri": "image:1", "ContainerArguments": ["--a", "1"]},
        "Environment": {"SEED": "0"},
        "ProcessingInputs": [
            {"InputName": "data", "S3Input": {"S3Uri": {"Get": "Parameters.data"}}}
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "train",
                    "S3Output": {"S3Uri": joined("s3:/", "b", EXECUTION, "train")},
                }
            ]
        },
        "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large"}},
        "RoleArn": "role",
    }
    step = {"Name": name, "Type": "Processing", "Arguments": arguments}
    return {**step, "CacheConfig": ON, **extra}


def training(name: str = "fit", uri: Any = None, **extra: Any) -> dict[str, Any]:
    """Return a cached step that reads that output, or *uri*."""
    arguments = {
        "AlgorithmSpecification": {"TrainingImage": "image:2"},
        "HyperParameters": {"epochs": "50", "seed": "0"},
        "InputDataConfig": [channel(uri or {"Get": URI_OF_TRAIN})],
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    step = {"Name": name, "Type": "Training", "Arguments": arguments}
    return {**step, "CacheConfig": ON, **extra}


def definition(*steps: dict[str, Any], **extra: Any) -> dict[str, Any]:
    """Return a definition of its own."""
    parameter = {"Name": "data", "Type": "String", "DefaultValue": "s3://b/1.csv"}
    found = {"Version": "2020-12-01", "Parameters": [parameter], "Steps": list(steps)}
    return copy.deepcopy({**found, **extra})


def chain(**extra: Any) -> dict[str, Any]:
    """Return a definition of the two steps."""
    return definition(processing(), training(**extra))


def put(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return the document with another value at a path such as Steps.1.Type."""
    found = copy.deepcopy(document)
    node: Any = found
    *way, last = path.split(".")
    for part in way:
        node = node[int(part) if isinstance(node, list) else part]
    if value is None:
        del node[last]
    else:
        node[int(last) if isinstance(node, list) else last] = value
    return found


def caches(found: Plan) -> dict[str, str]:
    """Return what becomes of each step."""
    return {step.name: str(step.cache) for step in found.steps}


def test_the_same_definition_changes_nothing() -> None:
    """A definition against itself: every step unchanged, every cached one can hit."""
    found = plan(chain(), chain())

    assert not found.has_changes
    assert [str(step.change) for step in found.steps] == ["unchanged", "unchanged"]
    assert caches(found) == {"prep": "hit", "fit": "hit"}
    assert found.step("fit").expires == "P15D"


def test_the_first_deploy_makes_every_step_new() -> None:
    """Where nothing is deployed, each step is new and has nothing to reuse."""
    found = plan(None, chain())

    assert found.has_changes
    assert {step.change for step in found.steps} == {StepChange.NEW}
    assert caches(found) == {"prep": "new", "fit": "new"}
    assert found.pipeline == ()


def test_a_change_in_the_key_is_told_at_the_smallest_member() -> None:
    """One hyperparameter: a miss with its address, the old value and the new one."""
    address = "$.Steps[1].Arguments.HyperParameters.epochs"
    new = put(chain(), "Steps.1.Arguments.HyperParameters.epochs", "60")

    step = plan(chain(), new).step("fit")

    assert (step.change, step.cache) == (StepChange.CHANGED, Cache.MISS)
    assert step.reasons == (Change(address=address, old="50", new="60"),)
    assert step.ignored == ()


def test_a_change_outside_the_key_is_told_and_reruns_nothing() -> None:
    """An instance type changes the step; the cache can hit all the same."""
    path = "Steps.1.Arguments.ResourceConfig.InstanceType"
    address = "$.Steps[1].Arguments.ResourceConfig.InstanceType"

    step = plan(chain(), put(chain(), path, "ml.m5.4xlarge")).step("fit")

    assert (step.change, step.cache) == (StepChange.CHANGED, Cache.HIT)
    assert step.reasons == ()
    expected = Change(address=address, old="ml.m5.large", new="ml.m5.4xlarge")
    assert step.ignored == (expected,)


def test_a_rerun_is_followed_to_the_references_in_the_keys_downstream() -> None:
    """What reads an output under the execution's id misses when its maker reruns."""
    new = put(chain(), "Steps.0.Arguments.Environment.SEED", "1")

    step = plan(chain(), new).step("fit")

    assert (step.change, step.cache) == (StepChange.UNCHANGED, Cache.MISS)
    assert [(each.address, each.step) for each in step.reasons] == [
        (
            "$.Steps[1].Arguments.InputDataConfig[0].DataSource.S3DataSource.S3Uri",
            "prep",
        )
    ]


def test_a_fixed_output_uri_leaves_a_hit_on_stale_data() -> None:
    """The address stays, so the step downstream hits; a note says on what."""
    path = "Steps.0.Arguments.ProcessingOutputConfig.Outputs.0.S3Output.S3Uri"
    old = put(chain(), path, "s3://b/fixed/train")

    step = plan(old, put(old, "Steps.0.Arguments.Environment.SEED", "1")).step("fit")

    assert step.cache is Cache.HIT
    assert ["stale data: prep runs" in note for note in step.notes] == [True]


def test_a_moved_output_uri_counts_only_if_its_maker_reruns() -> None:
    """A hit hands on the old address; a rerun hands on the new one."""
    path = "Steps.0.Arguments.ProcessingOutputConfig.Outputs.0.S3Output.S3Uri"
    old = put(chain(), path, "s3://b/one")
    moved = put(chain(), path, "s3://b/two")
    rerun = put(moved, "Steps.0.Arguments.Environment.SEED", "1")

    kept, anew = plan(old, moved), plan(old, rerun)

    assert caches(kept) == {"prep": "hit", "fit": "hit"}
    assert caches(anew) == {"prep": "miss", "fit": "miss"}
    (reason,) = anew.step("fit").reasons
    assert (reason.old, reason.new) == ("s3://b/one", "s3://b/two")


@pytest.mark.parametrize(
    ("reference", "cache"),
    [
        ("Steps.fit.ModelArtifacts.S3ModelArtifacts", "miss"),
        ("Steps.fit.TrainingJobName", "miss"),
        ("Steps.fit.FinalMetricDataList['loss'].Value", "may-hit"),
        ("Steps.fit.TrainingJobStatus", "may-hit"),
        ("Steps.fit.HyperParameters['seed']", "hit"),
        ("Steps.fit.HyperParameters['epochs']", "miss"),
        ("Steps.fit.AlgorithmSpecification.TrainingImage", "hit"),
    ],
)
def test_what_a_rerun_makes_new(reference: str, cache: str) -> None:
    """Names and artifacts are new, measured values perhaps, repeated requests not."""
    reader = processing("test")
    reader["Arguments"]["Environment"] = {"READ": {"Get": reference}}
    old = definition(training(uri="s3://b/x"), reader)
    new = put(old, "Steps.0.Arguments.HyperParameters.epochs", "60")

    assert plan(old, new).step("test").cache == cache


def test_a_job_name_prefix_is_no_job_name() -> None:
    """The request's name is a prefix, so a reference to the name is new on a rerun."""
    reader = training(uri=joined("s3://b", {"Get": "Steps.prep.ProcessingJobName"}))
    old = definition(processing(), reader)
    new = put(old, "Steps.0.Arguments.Environment.SEED", "1")

    (reason,) = plan(old, new).step("fit").reasons

    assert reason.address.endswith("S3DataSource.S3Uri.Std:Join.Values[1]")


def test_a_value_read_from_a_property_file_may_be_the_same() -> None:
    """What a rerun writes into a report is known only when it was written."""
    report = {"Get": "Steps.prep.PropertyFiles.report"}
    value = {"Std:JsonGet": {"PropertyFile": report, "Path": "auc"}}
    old = put(
        definition(processing(), training(uri="s3://b/x")),
        "Steps.1.Arguments.HyperParameters.seed",
        value,
    )
    new = put(old, "Steps.0.Arguments.Environment.SEED", "1")

    assert caches(plan(old, old)) == {"prep": "hit", "fit": "hit"}
    assert caches(plan(old, new)) == {"prep": "miss", "fit": "may-hit"}


def test_a_value_read_from_any_object_may_always_be_another() -> None:
    """An object that no step writes can change between two executions."""
    value = {"Std:JsonGet": {"S3Uri": "s3://b/limits.json", "Path": "auc"}}
    old = put(chain(), "Steps.0.Arguments.Environment.SEED", value)

    found = plan(old, old)

    assert caches(found) == {"prep": "may-hit", "fit": "may-hit"}
    assert not found.has_changes


def test_a_step_without_caching_reruns_what_reads_it_for_ever() -> None:
    """Nothing changed, and still a miss: its maker runs in every execution."""
    old = put(chain(), "Steps.0.CacheConfig", {"Enabled": False})

    found = plan(old, old)

    assert not found.has_changes
    assert caches(found) == {"prep": "off", "fit": "miss"}
    assert found.step("fit").notes == (
        "prep runs in every execution, and so does this step",
    )


@pytest.mark.parametrize("name", ["PipelineExecutionId", "CurrentDateTime"])
def test_an_execution_variable_in_the_key_is_never_a_hit(name: str) -> None:
    """It differs in every execution, whatever one does."""
    variable = {"Get": f"Execution.{name}"}
    old = put(chain(), "Steps.1.Arguments.HyperParameters.seed", joined("a", variable))

    step = plan(old, old).step("fit")

    assert step.cache is Cache.NEVER
    assert [each.new for each in step.reasons] == [variable]
    assert step.reasons[0].address.endswith("HyperParameters.seed.Std:Join.Values[1]")


def test_the_name_of_the_pipeline_is_the_same_in_every_execution() -> None:
    """Unlike other execution variables it does not spoil the key."""
    name = {"Get": "Execution.PipelineName"}
    old = put(chain(), "Steps.1.Arguments.HyperParameters.seed", name)

    assert plan(old, old).step("fit").cache is Cache.HIT


def test_another_default_moves_the_steps_that_refer_to_it() -> None:
    """The reason stands at the reference, with both default values."""
    new = put(chain(), "Parameters.0.DefaultValue", "s3://b/2.csv")

    found = plan(chain(), new)

    step = found.step("prep")
    address = "$.Steps[0].Arguments.ProcessingInputs[0].S3Input.S3Uri"
    assert (step.change, step.cache) == (StepChange.CHANGED, Cache.MISS)
    assert step.reasons == (
        Change(address=address, old="s3://b/1.csv", new="s3://b/2.csv"),
    )
    assert [each.address for each in found.pipeline] == ["$.Parameters[0].DefaultValue"]


def test_a_parameter_that_nothing_refers_to_reruns_nothing() -> None:
    """It is a change of the pipeline alone."""
    extra = {"Name": "other", "Type": "Integer", "DefaultValue": 1}
    new = chain()
    new["Parameters"].append(extra)

    found = plan(chain(), new)

    assert found.has_changes
    assert caches(found) == {"prep": "hit", "fit": "hit"}
    assert found.pipeline == (Change(address="$.Parameters[1]", old=None, new=extra),)


def test_a_value_written_differently_is_the_same_value() -> None:
    """A parameter in the place of its default's value leaves the key as it was."""
    path = "Steps.0.Arguments.ProcessingInputs.0.S3Input.S3Uri"
    new = put(chain(), path, joined("s3:/", "b", "1.csv"))

    found = plan(chain(), new)

    assert found.has_changes
    assert caches(found) == {"prep": "hit", "fit": "hit"}
    assert len(found.step("prep").ignored) == 1


def test_a_renamed_step_is_a_removed_and_a_new_one() -> None:
    """The scope of the cache is the step's name."""
    new = definition(processing(), training("refit"))

    found = plan(chain(), new)

    assert {step.name: str(step.change) for step in found.steps} == {
        "prep": "unchanged",
        "refit": "new",
        "fit": "removed",
    }
    assert caches(found) == {"prep": "hit", "refit": "new", "fit": "removed"}


def test_another_type_is_another_request() -> None:
    """The type is the one reason; members of another request are not compared."""
    step = plan(chain(), put(chain(), "Steps.1.Type", "Transform")).step("fit")

    assert (step.change, step.cache) == (StepChange.CHANGED, Cache.MISS)
    assert step.reasons == (
        Change(address="$.Steps[1].Type", old="Training", new="Transform"),
    )
    assert step.ignored == ()


def test_caching_that_is_switched_on_finds_nothing_yet() -> None:
    """The step runs once more; the reason is the switch."""
    old = put(chain(), "Steps.1.CacheConfig", None)

    step = plan(old, chain()).step("fit")

    assert step.cache is Cache.MISS
    address = "$.Steps[1].CacheConfig.Enabled"
    assert step.reasons == (Change(address=address, old=False, new=True),)
    assert step.ignored == ()


def test_waiting_for_a_step_is_no_reason_to_run_again() -> None:
    """DependsOn is not in the key; a note says so."""
    old = definition(processing(), training(uri="s3://b/x", DependsOn=["prep"]))
    new = put(old, "Steps.0.Arguments.Environment.SEED", "1")

    step = plan(old, new).step("fit")

    assert step.cache is Cache.HIT
    assert step.notes == ("it follows prep, which runs; that alone reruns nothing",)


def test_steps_in_the_branches_of_a_condition_have_caches_of_their_own() -> None:
    """A step in a branch is compared, and its condition does not change with it."""

    def branching(epochs: str) -> dict[str, Any]:
        inner = put(training(), "Arguments.HyperParameters.epochs", epochs)
        arguments = {"Conditions": [], "IfSteps": [inner], "ElseSteps": []}
        gate = {"Name": "gate", "Type": "Condition", "Arguments": arguments}
        return definition(processing(), gate)

    found = plan(branching("50"), branching("60"))

    assert caches(found) == {"prep": "hit", "gate": "off", "fit": "miss"}
    assert found.step("gate").change is StepChange.UNCHANGED
    (reason,) = found.step("fit").reasons
    address = "$.Steps[1].Arguments.IfSteps[0].Arguments.HyperParameters.epochs"
    assert reason.address == address
    assert "it runs only when gate takes its IfSteps" in found.step("fit").notes


def test_a_step_that_moves_into_a_branch_is_a_change_of_the_pipeline() -> None:
    """Its request, and so its cache, stay as they are."""
    gate = {"Name": "gate", "Type": "Condition"}
    free = {**gate, "Arguments": {"Conditions": [], "IfSteps": []}}
    holding = {**gate, "Arguments": {"Conditions": [], "IfSteps": [training()]}}

    found = plan(
        definition(processing(), free, training()), definition(processing(), holding)
    )

    assert found.step("fit").cache is Cache.HIT
    assert [(each.old, each.new) for each in found.pipeline] == [
        ("Steps", "IfSteps of gate")
    ]


def test_of_a_type_that_nobody_documents_nothing_is_promised() -> None:
    """Caching of an unknown type is unknown; all that changes is told."""
    strange = {"Name": "x", "Type": "Strange", "Arguments": {"a": 1}, "CacheConfig": ON}
    old = definition(strange)

    step = plan(old, put(old, "Steps.0.Arguments.a", 2)).step("x")

    assert step.cache is Cache.UNKNOWN
    assert step.reasons == (Change(address="$.Steps[0].Arguments.a", old=1, new=2),)
    assert step.ignored == ()


@pytest.mark.parametrize("kind", sorted(CACHE_KEYS))
def test_every_key_of_every_type_counts(kind: str) -> None:
    """Each member of the documented keys, changed alone, is a miss at its address."""
    for path in CACHE_KEYS[kind]:
        old = definition({"Name": "x", "Type": kind, "CacheConfig": ON})
        new = copy.deepcopy(old)
        node = new["Steps"][0]
        *way, last = path.split(".")
        for part in way:
            node = node.setdefault(part, {})
        node[last] = {"a": "1"}

        step = plan(put(old, "Steps.0.CacheConfig", ON), new).step("x")

        assert step.cache is Cache.MISS, path
        assert step.reasons[0].address == f"$.Steps[0].{path}", path


def test_a_null_member_is_an_absent_one() -> None:
    """Some toolkits write null where others write nothing."""
    new = put(chain(), "Steps.1.Arguments.CheckpointConfig", {"S3Uri": None})
    new["Steps"][1]["Arguments"]["CheckpointConfig"] = None
    new["MlflowConfig"] = None

    assert not plan(chain(), new).has_changes


def test_the_order_of_members_does_not_matter_and_that_of_items_does() -> None:
    """Objects are equal in any order, lists are not."""
    text = json.dumps(chain(), sort_keys=True)
    path = "Steps.0.Arguments.AppSpecification.ContainerArguments"

    assert not plan(chain(), text).has_changes
    found = plan(chain(), put(chain(), path, ["1", "--a"]))
    assert len(found.step("prep").reasons) == 2


def test_an_item_added_in_the_middle_is_the_only_difference() -> None:
    """The items after it do not seem to change."""
    path = "Steps.0.Arguments.AppSpecification.ContainerArguments"

    (reason,) = (
        plan(chain(), put(chain(), path, ["--a", "x", "1"])).step("prep").reasons
    )

    assert (reason.address[-1 - len("[1]") :], reason.old, reason.new) == (
        "s[1]",
        None,
        "x",
    )


def test_a_boolean_is_no_number() -> None:
    """JSON's true is not 1, whatever Python says."""
    path = "Steps.1.Arguments.ResourceConfig.InstanceCount"

    new = put(chain(), path, json.loads("true"))

    assert plan(chain(), new).has_changes


def test_a_step_that_hits_hands_on_what_it_did_before() -> None:
    """Downstream of a hit nothing moves, although its output holds the execution's id."""
    new = put(chain(), "Steps.0.Arguments.RoleArn", "another")

    assert caches(plan(chain(), new)) == {"prep": "hit", "fit": "hit"}


def test_steps_in_another_order_are_a_change_of_the_pipeline() -> None:
    """The document differs, and so the deploy writes it; nothing runs again."""
    found = plan(chain(), definition(training(), processing()))

    assert found.pipeline == (
        Change(address="$.Steps", old=["prep", "fit"], new=["fit", "prep"]),
    )
    assert caches(found) == {"fit": "hit", "prep": "hit"}


def test_steps_that_wait_for_each_other_still_get_a_plan() -> None:
    """A plan ends, whatever the definition; the circle is told by others."""
    one = training("one", uri={"Get": "Steps.two.ModelArtifacts.S3ModelArtifacts"})
    two = training("two", uri={"Get": "Steps.one.ModelArtifacts.S3ModelArtifacts"})

    found = plan(definition(one, two), definition(one, two))

    assert [step.change for step in found.steps] == [StepChange.UNCHANGED] * 2


def _as_file(document: dict[str, Any], folder: Path) -> Path:
    path = folder / f"{len(list(folder.iterdir()))}.json"
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize(
    "form",
    [
        lambda document, _: document,
        lambda document, _: json.dumps(document),
        lambda document, _: parse(document),
        _as_file,
    ],
    ids=["document", "text", "Definition", "file"],
)
def test_a_definition_may_come_in_any_form(
    form: Callable[[dict[str, Any], Path], Any], tmp_path: Path
) -> None:
    """The document, its text, its file and the parsed definition plan alike."""
    new = put(chain(), "Steps.1.Arguments.HyperParameters.epochs", "60")

    assert plan(form(chain(), tmp_path), form(new, tmp_path)) == plan(chain(), new)


def test_what_is_no_definition_is_refused() -> None:
    """Text that is not JSON gets a message that says so."""
    with pytest.raises(DefinitionError, match="not JSON"):
        plan(None, "no JSON")


def test_the_json_has_the_members_that_machines_rely_on() -> None:
    """The shape of version 1, whole."""
    new = put(chain(), "Steps.1.Arguments.HyperParameters.epochs", "60")
    found = attrs.evolve(
        plan(chain(), new),
        uploads=("s3://b/code/1/train.py",),
        pipeline=(Change(address="description", old="a", new="b"),),
    )

    told = json.loads(json.dumps(found.to_json()))

    assert set(told) == {"version", "steps", "pipeline", "uploads"}
    assert told["version"] == 1
    assert told["steps"][1] == {
        "name": "fit",
        "type": "Training",
        "change": "changed",
        "cache": "miss",
        "reasons": [
            {
                "address": "$.Steps[1].Arguments.HyperParameters.epochs",
                "old": "50",
                "new": "60",
            }
        ],
        "ignored": [],
        "notes": [],
    }
    assert told["uploads"] == ["s3://b/code/1/train.py"]
    assert told["pipeline"] == [{"address": "description", "old": "a", "new": "b"}]


def test_an_upload_alone_is_a_change() -> None:
    """A deploy would write it."""
    found = attrs.evolve(plan(chain(), chain()), uploads=("s3://b/code/1/train.py",))

    assert found.has_changes
