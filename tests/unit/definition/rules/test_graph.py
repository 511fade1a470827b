"""Every reference leads somewhere: one row for each way in which it may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SPOILED: list[Any] = [
    pytest.param(
        "workflow",
        {"$.Steps[1].Arguments.Environment.X": {"Get": "Step.prepare.x"}},
        "$.Steps[1].Arguments.Environment.X.Get",
        "error",
        "expected Parameters.<name>, Execution.<name> or Steps.<name>.<path>, got 'Step.prepare.x'; write it like 'Parameters.epochs', 'Execution.PipelineExecutionId' or 'Steps.train.ModelArtifacts.S3ModelArtifacts'",
        id="unreadable-kind",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[1].Arguments.Environment.X": {"Get": "Steps.prepare"}},
        "$.Steps[1].Arguments.Environment.X.Get",
        "error",
        "'Steps.prepare' names a step but nothing of it; add a path after it; write it like 'Parameters.epochs', 'Execution.PipelineExecutionId' or 'Steps.train.ModelArtifacts.S3ModelArtifacts'",
        id="unreadable-no-path",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[1].Arguments.Environment.X": {"Get": "Steps.prepare.Outputs["}},
        "$.Steps[1].Arguments.Environment.X.Get",
        "error",
        "cannot read the path from '[' on; write it like 'Parameters.epochs', 'Execution.PipelineExecutionId' or 'Steps.train.ModelArtifacts.S3ModelArtifacts'",
        id="unreadable-path",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[1].Arguments.Environment.X": {"Get": 3}},
        "$.Steps[1].Arguments.Environment.X.Get",
        "error",
        "expected a string that is not empty, got 3; write it like 'Parameters.epochs', 'Execution.PipelineExecutionId' or 'Steps.train.ModelArtifacts.S3ModelArtifacts'",
        id="unreadable-number",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[1].Arguments.Environment.X": {"Get": "ForEach.CurrentItem"}},
        "$.Steps[1].Arguments.Environment.X.Get",
        "error",
        "expected Parameters.<name>, Execution.<name> or Steps.<name>.<path>, got 'ForEach.CurrentItem'; write it like 'Parameters.epochs', 'Execution.PipelineExecutionId' or 'Steps.train.ModelArtifacts.S3ModelArtifacts'",
        id="foreach-item-outside",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[1].Arguments.InputDataConfig[0].DataSource.S3DataSource.S3Uri.Get": "Steps.prepar.ProcessingJobName"
        },
        "$.Steps[1].Arguments.InputDataConfig[0].DataSource.S3DataSource.S3Uri.Get",
        "error",
        "no step is called 'prepar'; did you mean 'prepare'?",
        id="unknown-step",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[1].Arguments.Environment.X": {"Get": "Parameters.epoch"}},
        "$.Steps[1].Arguments.Environment.X.Get",
        "error",
        "no parameter is called 'epoch'; did you mean 'epochs'?",
        id="unknown-parameter",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[1].Arguments.Environment.X": {"Get": "Parameters.x"}},
        "$.Steps[1].Arguments.Environment.X.Get",
        "error",
        "no parameter is called 'x'; there are: epochs, threshold",
        id="unknown-parameter-none-near",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[1].Arguments.Environment.X": {
                "Get": "Execution.PipelineExecutionID"
            }
        },
        "$.Steps[1].Arguments.Environment.X.Get",
        "error",
        "no execution variable is called 'PipelineExecutionID'; did you mean 'PipelineExecutionId'?",
        id="unknown-variable",
    ),
    pytest.param(
        "workflow",
        {"$.PipelineExperimentConfig.TrialName": {"Get": "Execution.Id"}},
        "$.PipelineExperimentConfig.TrialName.Get",
        "error",
        "no execution variable is called 'Id'; there are: PipelineName, PipelineArn, PipelineExecutionId, PipelineExecutionArn, StartDateTime, CurrentDateTime, ProcessingJobName, TrainingJobName",
        id="unknown-variable-of-root",
    ),
    pytest.param(
        "workflow",
        {"$.Parameters[2]": {"Name": "spare", "Type": "String"}},
        "$.Parameters[2]",
        "warning",
        "nothing reads the parameter 'spare'; its value has no effect; use it with {'Get': 'Parameters.spare'}, or take it out",
        id="unused-parameter",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[1].Arguments.InputDataConfig[0].DataSource.S3DataSource.S3Uri.Get": "Steps.prepare.ProcessingOutputConfg.Outputs['train'].S3Output.S3Uri"
        },
        "$.Steps[1].Arguments.InputDataConfig[0].DataSource.S3DataSource.S3Uri.Get",
        "error",
        "step 'prepare' has no 'ProcessingOutputConfg' (as Processing steps go); did you mean 'ProcessingOutputConfig'?",
        id="no-such-member",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[1].Arguments.InputDataConfig[0].DataSource.S3DataSource.S3Uri.Get": "Steps.prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3uri"
        },
        "$.Steps[1].Arguments.InputDataConfig[0].DataSource.S3DataSource.S3Uri.Get",
        "error",
        "ProcessingOutputConfig.Outputs.train.S3Output has no 'S3uri' (as Processing steps go); did you mean 'S3Uri'?",
        id="no-such-member-deep",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[1].Arguments.InputDataConfig[0].DataSource.S3DataSource.S3Uri.Get": "Steps.prepare.ProcessingOutputConfig.Outputs['tran'].S3Output.S3Uri"
        },
        "$.Steps[1].Arguments.InputDataConfig[0].DataSource.S3DataSource.S3Uri.Get",
        "error",
        "prepare.ProcessingOutputConfig.Outputs has no item 'tran'; did you mean 'train'?",
        id="no-such-output",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[1].Arguments.InputDataConfig[0].DataSource.S3DataSource.S3Uri.Get": "Steps.prepare.ProcessingOutputConfig.Outputs[2].S3Output.S3Uri"
        },
        "$.Steps[1].Arguments.InputDataConfig[0].DataSource.S3DataSource.S3Uri.Get",
        "error",
        "prepare.ProcessingOutputConfig.Outputs has 2 items, so none has the number 2; count from 0, or give the name in quotes",
        id="output-number",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[1].Arguments.InputDataConfig[0].DataSource.S3DataSource.S3Uri.Get": "Steps.prepare.ProcessingJobName.Length"
        },
        "$.Steps[1].Arguments.InputDataConfig[0].DataSource.S3DataSource.S3Uri.Get",
        "error",
        "ProcessingJobName is a string, which has no 'Length'; end the path at ProcessingJobName",
        id="below-a-string",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[3].Arguments.Environment.X": {
                "Get": "Steps.train.ModelArtifacts[0]"
            }
        },
        "$.Steps[3].Arguments.Environment.X.Get",
        "error",
        "ModelArtifacts has no 0 (as Training steps go); there are: S3ModelArtifacts",
        id="list-for-structure",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[3].Arguments.Environment.X": {
                "Get": "Steps.train.InputDataConfig['test'].ChannelName"
            }
        },
        "$.Steps[3].Arguments.Environment.X.Get",
        "error",
        "train.InputDataConfig has no item 'test'; there are: train",
        id="channel",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[3].Arguments.Environment.X": {
                "Get": "Steps.train.FinalMetricDataList['los'].Value"
            }
        },
        "$.Steps[3].Arguments.Environment.X.Get",
        "error",
        "train.FinalMetricDataList has no item 'los'; did you mean 'loss'?",
        id="metric-of-script",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[1].Arguments.Environment.X": {
                "Get": "Steps.ask.OutputParameters['answr']"
            }
        },
        "$.Steps[1].Arguments.Environment.X.Get",
        "error",
        "step 'ask' has no output parameter 'answr'; did you mean 'answer'?",
        id="lambda-output",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[4].Arguments.ElseSteps[0].Arguments.ErrorMessage": {
                "Get": "Steps.check.Result"
            }
        },
        "$.Steps[4].Arguments.ElseSteps[0].Arguments.ErrorMessage.Get",
        "error",
        "condition 'check' has no Result; it has Outcome",
        id="condition-property",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[4].Arguments.IfSteps[0].Arguments.Environment.X": {
                "Get": "Steps.stop.ErrorMessage"
            },
            "$.Steps[6]": {
                "Name": "stop",
                "Type": "Fail",
                "Arguments": {"ErrorMessage": "no"},
            },
        },
        "$.Steps[4].Arguments.IfSteps[0].Arguments.Environment.X.Get",
        "error",
        "step 'stop' of type Fail has nothing to read; it ends the execution; read another step",
        id="fail-property",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[4].Arguments.Conditions[0].LeftValue.Std:JsonGet.PropertyFile.Get": "Steps.evaluate.PropertyFiles.reprt"
        },
        "$.Steps[4].Arguments.Conditions[0].LeftValue.Std:JsonGet.PropertyFile.Get",
        "error",
        "step 'evaluate' declares no property file 'reprt'; did you mean 'report'?",
        id="property-file",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[4].Arguments.Conditions[0].LeftValue.Std:JsonGet.PropertyFile.Get": "Steps.train.PropertyFiles.report"
        },
        "$.Steps[4].Arguments.Conditions[0].LeftValue.Std:JsonGet.PropertyFile.Get",
        "error",
        "step 'train' is of type Training; only a Processing step has property files; read the file from the step that wrote it",
        id="property-file-of-training",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[3].PropertyFiles[0].OutputName": "evaluatio"},
        "$.Steps[3].PropertyFiles[0].OutputName",
        "error",
        "step 'evaluate' has no output 'evaluatio'; did you mean 'evaluation'?",
        id="property-file-output",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[4].Arguments.Conditions[0].LeftValue": {
                "Std:JsonGet": {"Path": "a"}
            }
        },
        "$.Steps[4].Arguments.Conditions[0].LeftValue.Std:JsonGet",
        "error",
        "Std:JsonGet has neither PropertyFile nor S3Uri; write PropertyFile as {'Get': 'Steps.evaluate.PropertyFiles.report'}",
        id="json-get-of-nothing",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[4].Arguments.Conditions[0].LeftValue.Std:JsonGet.PropertyFile": "report"
        },
        "$.Steps[4].Arguments.Conditions[0].LeftValue.Std:JsonGet.PropertyFile",
        "error",
        "'report' is no property file; write PropertyFile as {'Get': 'Steps.evaluate.PropertyFiles.report'}",
        id="json-get-of-no-file",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[1].Arguments.Environment.X": {"Std:Join": {"On": "/", "Values": []}}},
        "$.Steps[1].Arguments.Environment.X.Std:Join",
        "error",
        "Std:Join has no Values, so it joins nothing; give it a list: {'On': '/', 'Values': ['s3:/', 'bucket']}",
        id="empty-join",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[1].Arguments.Environment.X": {"Std:Join": {"On": "/"}}},
        "$.Steps[1].Arguments.Environment.X.Std:Join",
        "error",
        "Std:Join has no Values, so it joins nothing; give it a list: {'On': '/', 'Values': ['s3:/', 'bucket']}",
        id="join-without-values",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[4].Arguments.Conditions[0].Type": "GreaterThen"},
        "$.Steps[4].Arguments.Conditions[0].Type",
        "error",
        "'GreaterThen' is no type of condition; did you mean 'GreaterThan'?",
        id="condition-type",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[4].Arguments.Conditions[0].LeftValue": None},
        "$.Steps[4].Arguments.Conditions[0]",
        "error",
        "a condition of type GreaterThan needs LeftValue; add 'LeftValue'",
        id="condition-side",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[4].Arguments.Conditions[1].Condition.Conditions[0].Values": None},
        "$.Steps[4].Arguments.Conditions[1].Condition.Conditions[0]",
        "error",
        "a condition of type In needs Values; add 'Values'",
        id="condition-values",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[4].Arguments.Conditions[1].Condition": None},
        "$.Steps[4].Arguments.Conditions[1]",
        "error",
        "a condition of type Not needs Condition; add 'Condition'",
        id="condition-inner",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[4].Arguments.Conditions": [],
            "$.Steps[1].Arguments.Environment.T": {"Get": "Parameters.threshold"},
        },
        "$.Steps[4].Arguments.Conditions",
        "error",
        "condition 'check' has no Conditions to decide on; give it one, or take the steps out of its branches",
        id="no-conditions",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[3].DependsOn[0]": "trian"},
        "$.Steps[3].DependsOn[0]",
        "error",
        "no step is called 'trian'; did you mean 'train'?",
        id="unknown-dependency",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[1].DependsOn[1]": {"Step": "asks", "Trigger": "Any"}},
        "$.Steps[1].DependsOn[1].Step",
        "error",
        "no step is called 'asks'; did you mean 'ask'?",
        id="unknown-dependency-with-trigger",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[1].Arguments.Environment.X": {"Get": "Steps.train.TrainingJobName"}},
        "$.Steps[1].Arguments.Environment.X.Get",
        "error",
        "step 'train' waits for itself, so that it never starts; take this out, or name another step",
        id="itself",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[3].DependsOn[0]": "evaluate"},
        "$.Steps[3].DependsOn[0]",
        "error",
        "step 'evaluate' waits for itself, so that it never starts; take this out, or name another step",
        id="itself-by-name",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[4].Arguments.Conditions[0].RightValue": {
                "Get": "Steps.publish.ProcessingJobName"
            },
            "$.Steps[1].Arguments.Environment.T": {"Get": "Parameters.threshold"},
        },
        "$.Steps[4].Arguments.Conditions[0].RightValue.Get",
        "error",
        "condition 'check' waits for 'publish', which starts only after it; decide on a step before 'check', or move 'publish' out of it",
        id="condition-waits-for-own-branch",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[4].Arguments.ElseSteps[0].DependsOn": ["publish"]},
        "$.Steps[4].Arguments.ElseSteps[0].DependsOn[0]",
        "error",
        "step 'give-up' waits for 'publish' in the other branch of 'check': only one of the two ever runs; read a step before 'check', or one of the same branch",
        id="other-branch",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[5].DependsOn": ["publish"]},
        "$.Steps[5].DependsOn[0]",
        "warning",
        "step 'each' waits for 'publish', which runs only if 'check' takes IfSteps; otherwise 'each' never starts; move 'each' into the same branch if that is not meant",
        id="from-outside",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[5].Arguments.IterableItems": {
                "Get": "Steps.publish.ProcessingJobName"
            }
        },
        "$.Steps[5].Arguments.IterableItems.Get",
        "warning",
        "step 'each' waits for 'publish', which runs only if 'check' takes IfSteps; otherwise 'each' never starts; move 'each' into the same branch if that is not meant",
        id="read-from-outside",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[0].DependsOn": ["evaluate"]},
        "$.Steps[0].DependsOn[0]",
        "error",
        "the steps wait for each other: prepare → evaluate → train → prepare; take one of these references out",
        id="circle",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[0].Arguments.Environment.X": {"Get": "Steps.train.TrainingJobName"}},
        "$.Steps[0].Arguments.Environment.X.Get",
        "error",
        "the steps wait for each other: prepare → train → prepare; take one of these references out",
        id="circle-by-get",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[3].DependsOn": ["check"]},
        "$.Steps[3].DependsOn[0]",
        "error",
        "the steps wait for each other: evaluate → check → evaluate; take one of these references out",
        id="circle-through-property-file",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[3].DependsOn": ["publish"]},
        "$.Steps[3].DependsOn[0]",
        "error",
        "the steps wait for each other: evaluate → publish → check → evaluate; take one of these references out",
        id="circle-through-a-branch",
    ),
]

GOOD: list[Any] = [
    pytest.param("workflow", {}, id="nothing-changed"),
    pytest.param("train", {}, id="penguins-train"),
    pytest.param("tune", {}, id="penguins-tune"),
    pytest.param(
        "workflow",
        {
            "$.Steps[1].Arguments.InputDataConfig[0].DataSource.S3DataSource.S3Uri.Get": "Steps.prepare.ProcessingOutputConfig.Outputs[1].S3Output.S3Uri"
        },
        id="output-by-number",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[1].Arguments.InputDataConfig[0].DataSource.S3DataSource.S3Uri.Get": 'Steps.prepare.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri'
        },
        id="double-quotes",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[3].Arguments.Environment.X": {
                "Get": "Steps.train.ModelArtifacts.S3ModelArtifacts"
            }
        },
        id="model",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[3].Arguments.Environment.X": {
                "Get": "Steps.train.FinalMetricDataList[0].Value"
            }
        },
        id="metric-by-number",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[3].Arguments.Environment.X": {
                "Get": "Steps.train.FinalMetricDataList['loss'].Value"
            }
        },
        id="metric-by-name",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[3].Arguments.Environment.X": {
                "Get": "Steps.train.FinalMetricDataList['validation:auc'].Value"
            },
            "$.Steps[1].Arguments.HyperParameters.sagemaker_program": None,
        },
        id="metric-of-algorithm",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[3].Arguments.Environment.X": {
                "Get": "Steps.train.HyperParameters['epochs']"
            }
        },
        id="hyperparameter",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[2]": {
                "Name": "next",
                "Type": "Processing",
                "Arguments": {
                    "Environment": {
                        "A": {
                            "Get": "Steps.tune-model.BestTrainingJob.TrainingJobName"
                        },
                        "B": {
                            "Get": "Steps.tune-model.TrainingJobSummaries[0].TrainingJobName"
                        },
                        "C": {
                            "Get": "Steps.tune-model.BestTrainingJob.FinalHyperParameterTuningJobObjectiveMetric.Value"
                        },
                    }
                },
            }
        },
        id="best-of-tuning",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[6]": {"Name": "auto", "Type": "AutoML", "Arguments": {}},
            "$.Steps[3].Arguments.Environment.X": {
                "Get": "Steps.auto.BestCandidateProperties.ModelInsightsJsonReportPath"
            },
        },
        id="automl",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[6]": {"Name": "job", "Type": "Job", "Arguments": {}},
            "$.Steps[3].Arguments.Environment.X": {
                "Get": "Steps.job.JobConfigDocument.OutputModelPackageArn"
            },
        },
        id="job-document",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[6]": {
                "Name": "last",
                "Type": "Lambda",
                "Arguments": {
                    "x": {"Get": "Steps.each.IterationOutputs[0].one.ModelName"}
                },
            }
        },
        id="iteration",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[5].Arguments.ForEachBody[1]": {
                "Name": "two",
                "Type": "Transform",
                "Arguments": {"ModelName": {"Get": "Steps.one.ModelName"}},
            }
        },
        id="own-body",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[6]": {
                "Name": "new",
                "Type": "Quantum",
                "Arguments": {
                    "x": {"Get": "Quantum.State"},
                    "Body": [
                        {
                            "Name": "in",
                            "Type": "Q",
                            "Arguments": {"y": {"Get": "Steps.in.Anything.At['all']"}},
                        }
                    ],
                },
            },
            "$.Steps[3].Arguments.Environment.X": {"Get": "Steps.new.Spin.Up"},
        },
        id="unknown-type",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[6]": {"Name": "emr", "Type": "EMR", "Arguments": {}},
            "$.Steps[3].Arguments.Environment.X": {"Get": "Steps.emr.Config.Args[0]"},
        },
        id="emr",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[0].OutputName": {
                "Get": "Parameters.epochs"
            }
        },
        id="names-with-variables",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[4].Arguments.Conditions[0].LeftValue": {
                "Std:JsonGet": {"S3Uri": "s3://b/k", "Path": "a"}
            }
        },
        id="json-get-of-s3",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[4].Arguments.Conditions[1].Condition": {
                "Type": "NotIn",
                "Value": 1,
                "In": [1],
            }
        },
        id="published-spelling",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[4].Arguments.Conditions[1].Condition": {
                "Type": "NotEquals",
                "LeftValue": 1,
                "RightValue": False,
            }
        },
        id="compare-with-null",
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[4].Arguments.IfSteps[1].Arguments.Environment.X": {
                "Get": "Steps.evaluate.ProcessingJobName"
            }
        },
        id="inner-reads-outer",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[4].Arguments.IfSteps[0].DependsOn": ["check"]},
        id="branch-waits-for-its-condition",
    ),
    pytest.param(
        "workflow", {"$.Steps[5].DependsOn": ["check"]}, id="depends-on-condition"
    ),
    pytest.param(
        "workflow",
        {
            "$.Steps[4].Arguments.IfSteps[2]": {
                "Name": "inner",
                "Type": "Condition",
                "Arguments": {
                    "Conditions": [
                        {
                            "Type": "Equals",
                            "LeftValue": {"Get": "Steps.publish.ProcessingJobName"},
                            "RightValue": 1,
                        }
                    ],
                    "IfSteps": [
                        {
                            "Name": "deep",
                            "Type": "Fail",
                            "Arguments": {
                                "ErrorMessage": {
                                    "Get": "Steps.publish.ProcessingJobName"
                                }
                            },
                        }
                    ],
                },
            }
        },
        id="nested-condition-reads-outer-branch",
    ),
]


@pytest.mark.parametrize(
    ("which", "changes", "address", "severity", "sentence"), SPOILED
)
def test_one_wrong_reference_is_one_problem(
    spoiled: Callable[..., Any],
    told: Callable[[Any], list[tuple[str, str, str]]],
    which: str,
    changes: dict[str, Any],
    address: str,
    severity: str,
    sentence: str,
) -> None:
    """A definition that is wrong at one place gets one problem, which names the place."""
    problems = told(spoiled(which, changes))

    assert problems == [(address, severity, sentence)]


@pytest.mark.parametrize(("which", "changes"), GOOD)
def test_good_references_raise_nothing(
    spoiled: Callable[..., Any],
    told: Callable[[Any], list[tuple[str, str, str]]],
    which: str,
    changes: dict[str, Any],
) -> None:
    """What the service resolves is no problem, whether we know the type of step or not."""
    problems = told(spoiled(which, changes))

    assert problems == []
