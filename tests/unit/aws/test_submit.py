"""A pipeline is brought to SageMaker, and only what changed is written."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import boto3
import pytest
from attrs import evolve

from penguin_pipes import aws
from penguin_pipes.errors import AwsError

ROLE = "arn:aws:iam::123456789012:role/pipelines"
WANTED = aws.Wanted(
    name="churn",
    definition='{"Version": "2020-12-01", "Steps": []}',
    role=ROLE,
    description="Who will leave.",
    tags={"team": "ml", "stage": "test"},
)


class Place:
    """The fake AWS, its clients, and where large definitions go."""

    def __init__(self, edge: Any) -> None:
        self.edge = edge
        self.aws = aws.Aws(region="eu-west-1")
        self.shelf = aws.Shelf(
            s3=self.aws.s3,
            bucket="acme-ml",
            prefix="team",
            options={"ExpectedBucketOwner": "123456789012"},
        )

    def submit(self, wanted: aws.Wanted) -> aws.Submitted:
        """Submit, having forgotten the calls before."""
        self.edge.calls.clear()
        return aws.submit(self.aws.sagemaker, wanted, shelf=self.shelf)

    def held(self) -> aws.Deployed:
        """Return what SageMaker holds."""
        found = aws.describe(self.aws.sagemaker, "churn")
        assert found is not None
        return found


def described(held: aws.Wanted, arn: str) -> dict[str, Any]:
    """Return what DescribePipeline says of a pipeline."""
    answer: dict[str, Any] = {
        "PipelineArn": arn,
        "PipelineDefinition": held.definition,
        "PipelineDescription": held.description,
        "RoleArn": held.role,
    }
    if held.parallelism:
        most = {"MaxParallelExecutionSteps": held.parallelism}
        answer["ParallelismConfiguration"] = most
    return answer


@pytest.fixture
def place(edge: Any) -> Place:
    """Return a fake AWS that holds no pipeline."""
    return Place(edge)


def test_a_new_pipeline_is_created_with_everything(place: Place) -> None:
    """Definition, role, description, tags and parallelism arrive with one call."""
    wanted = evolve(WANTED, parallelism=3)

    done = place.submit(wanted)

    assert done.action == "created"
    assert place.edge.writes == Counter({"sagemaker.CreatePipeline": 1})
    sent = json.loads(place.edge.sent["sagemaker.CreatePipeline"][0])
    assert sent["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 3}
    held = place.held()
    assert (held.definition, held.role) == (wanted.definition, ROLE)
    assert (held.description, held.tags) == (wanted.description, wanted.tags)


def test_the_same_again_makes_no_call_that_writes(place: Place) -> None:
    """Neither does the same definition with other blanks."""
    place.submit(WANTED)
    spread = evolve(WANTED, definition=WANTED.definition.replace(" ", "\n  "))

    for wanted in (WANTED, spread):
        assert place.submit(wanted).action == "unchanged"
        assert place.edge.writes == Counter()


@pytest.mark.parametrize(
    ("changes", "writes"),
    [
        ({"definition": '{"Version": "2", "Steps": []}'}, {"UpdatePipeline": 1}),
        ({"description": "Else."}, {"UpdatePipeline": 1}),
        ({"role": ROLE + "2"}, {"UpdatePipeline": 1}),
        ({"tags": {"team": "ml", "stage": "prod"}}, {"AddTags": 1}),
        ({"tags": {"team": "ml"}}, {"DeleteTags": 1}),
        ({"tags": {"a": "b"}}, {"AddTags": 1, "DeleteTags": 1}),
    ],
    ids=["definition", "description", "role", "tag", "less", "other"],
)
def test_only_what_changed_is_written(
    place: Place, changes: dict[str, Any], writes: dict[str, int]
) -> None:
    """A change of tags leaves the definition alone, and the other way round."""
    place.submit(WANTED)
    wanted = evolve(WANTED, **changes)

    done = place.submit(wanted)

    assert done.action == "updated"
    assert place.edge.writes == {f"sagemaker.{k}": v for k, v in writes.items()}
    held = place.held()
    assert {name: getattr(held, name) for name in changes} == changes
    assert place.submit(wanted).action == "unchanged"


def test_a_description_that_leaves_the_config_is_taken_away(place: Place) -> None:
    """An empty one is sent; a missing one would leave the old."""
    place.submit(WANTED)

    assert place.submit(evolve(WANTED, description="")).action == "updated"

    # moto 5.2 keeps the old description all the same.
    sent = json.loads(place.edge.sent["sagemaker.UpdatePipeline"][0])
    assert sent["PipelineDescription"] == ""


def test_tags_that_aws_itself_set_are_nobody_s_to_remove(place: Place) -> None:
    """Studio marks pipelines with tags of its own."""
    arn = place.submit(WANTED).arn
    own = [{"Key": "sagemaker:domain-arn", "Value": "d-1"}]
    place.aws.sagemaker.add_tags(ResourceArn=arn, Tags=own)

    assert place.submit(WANTED).action == "unchanged"
    place.submit(evolve(WANTED, tags={}))

    tags = place.aws.sagemaker.list_tags(ResourceArn=arn)["Tags"]
    assert tags == own


def test_a_changed_parallelism_is_written_and_none_leaves_it(place: Place) -> None:
    """The service has no way to take one back, so None is no wish."""
    held = evolve(WANTED, parallelism=3)
    answer = described(held, place.submit(WANTED).arn)
    # moto 5.2 forgets the parallelism.
    place.edge.answer("sagemaker.DescribePipeline", answer)

    assert place.submit(WANTED).action == "unchanged"
    assert place.submit(evolve(WANTED, parallelism=3)).action == "unchanged"
    assert place.submit(evolve(WANTED, parallelism=4)).action == "updated"

    sent = json.loads(place.edge.sent["sagemaker.UpdatePipeline"][-1])
    assert sent["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 4}


def test_a_large_definition_goes_through_s3(place: Place) -> None:
    """From 100 KiB on, under its digest and the prefix, with the owner it expects."""
    large = json.dumps({"Version": "2020-12-01", "Steps": [], "x": "y" * 102_400})
    wanted = evolve(WANTED, definition=large)

    done = place.submit(wanted)

    assert done.action == "created"
    assert place.edge.writes == {"s3.PutObject": 1, "sagemaker.CreatePipeline": 1}
    s3 = boto3.client("s3", region_name="eu-west-1")
    (found,) = s3.list_objects_v2(Bucket="acme-ml")["Contents"]
    assert found["Key"].startswith("team/pipelines/churn/")
    body = s3.get_object(Bucket="acme-ml", Key=found["Key"])["Body"].read()
    assert body.decode() == large
    # moto 5.2 hands back such a definition as Python writes it, not as JSON.
    place.edge.answer("sagemaker.DescribePipeline", described(wanted, done.arn))
    assert place.submit(wanted).action == "unchanged"
    assert place.edge.writes == Counter()


def test_throttled_calls_are_made_again(place: Place) -> None:
    """What passes after a moment is nobody's business."""
    place.edge.refuse("sagemaker.DescribePipeline", "ThrottlingException", times=2)

    assert place.submit(WANTED).action == "created"
    assert place.edge.calls.count("sagemaker.DescribePipeline") == 3


def test_a_refused_update_leaves_the_old_pipeline(place: Place) -> None:
    """It is as it was, and the same command brings it further later."""
    place.submit(WANTED)
    wanted = evolve(WANTED, definition='{"Steps": [1]}', tags={})
    place.edge.refuse("sagemaker.UpdatePipeline", "AccessDeniedException", times=1)

    with pytest.raises(AwsError, match="'churn' was not updated and is as it was"):
        place.submit(wanted)

    held = place.held()
    assert (held.definition, held.tags) == (WANTED.definition, WANTED.tags)
    assert place.submit(wanted).action == "updated"


def test_a_pipeline_that_is_being_deleted_is_not_touched(place: Place) -> None:
    """To update it would fail half way."""
    arn = place.submit(WANTED).arn
    answer = {"PipelineArn": arn, "PipelineStatus": "Deleting"}
    place.edge.answer("sagemaker.DescribePipeline", answer)

    with pytest.raises(AwsError, match="just being deleted"):
        place.submit(WANTED)


def test_deleting(place: Place) -> None:
    """What is deleted is not there any more."""
    place.submit(WANTED)

    aws.delete(place.aws.sagemaker, "churn")

    assert aws.describe(place.aws.sagemaker, "churn") is None
