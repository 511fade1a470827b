"""What is promised of tuning whose trials run in containers."""

from __future__ import annotations

from typing import Any

SCRIPT = """
    import argparse, os
    parser = argparse.ArgumentParser()
    parser.add_argument("--depth", type=int)
    parser.add_argument("--model_dir")
    depth = parser.parse_args().depth
    open("/opt/ml/model/depth", "w").write(str(depth))
    print(f"auc=0.{depth}")
"""


def test_every_trial_is_a_container_and_the_best_one_wins(project: Any) -> None:
    """Two at once, each with its own arguments, tree and record."""
    fit = project.training({"train.py": SCRIPT})["Arguments"]
    static = {**fit.pop("HyperParameters"), "model_dir": "/opt/ml/model"}
    algorithm = fit["AlgorithmSpecification"]
    depths = {"Name": "depth", "Values": ["3", "7", "5"]}
    step = {
        "Name": "tune",
        "Type": "Tuning",
        "Arguments": {
            "HyperParameterTuningJobConfig": {
                "Strategy": "Grid",
                "ResourceLimits": {
                    "MaxNumberOfTrainingJobs": 3,
                    "MaxParallelTrainingJobs": 2,
                },
                "HyperParameterTuningJobObjective": {
                    "Type": "Maximize",
                    "MetricName": "auc",
                },
                "ParameterRanges": {"CategoricalParameterRanges": [depths]},
            },
            "TrainingJobDefinition": {
                **fit,
                "AlgorithmSpecification": algorithm,
                "StaticHyperParameters": static,
            },
        },
    }

    run = project.run(step)

    tuned = run.step("tune")
    assert {each.hyperparameters["depth"]: each.objective for each in tuned.trials} == {
        "3": 0.3,
        "7": 0.7,
        "5": 0.5,
    }
    assert tuned.best_trial.objective == 0.7
    assert all(each.log.read_text().count("auc=0.") == 1 for each in tuned.trials)
