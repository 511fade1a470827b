"""What the SDK renders when it is used as its examples show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PROCESSING = "$.Steps[0].Arguments"
TUNING = "$.Steps[1].Arguments.TrainingJobDefinition"


def test_a_literal_build_of_the_sdk_gets_warnings_only(
    spoiled: Callable[..., Any], told: Callable[[Any], list[tuple[str, str, str]]]
) -> None:
    """Everything that such a build does badly still runs, so nothing is an error."""
    folder = f"{PROCESSING}.ProcessingInputs[{{}}].S3Input.LocalPath"
    output = f"{PROCESSING}.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri"
    static = f"{TUNING}.StaticHyperParameters"
    code = f"{static}.sagemaker_submit_directory"
    metric = f"{TUNING}.AlgorithmSpecification.MetricDefinitions[0].Regex"
    literal = spoiled(
        "tune",
        {
            folder.format(0): "/opt/ml/processing/input",
            output: "s3://bkt/pre/train",
            f"{static}.model_dir": None,
            code: "s3://bkt/t/tuning-1767225600/input/sourcedir/sourcedir.tar.gz",
            metric: "loss: ([0-9.]+)",
            "$.Steps[0].CacheConfig.ExpireAfter": "15d",
        },
    )

    problems = told(literal)

    assert [(address, severity) for address, severity, _ in problems] == [
        (code, "warning"),
        (output, "warning"),
        (static, "warning"),
        (metric, "warning"),
        (folder.format(1), "warning"),
    ]
