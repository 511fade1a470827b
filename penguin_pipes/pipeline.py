"""Parameters and order: steps become a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penguin_pipes.bundle import Bundle, bundle_file
from penguin_pipes.factories import (
    at_least,
    best_model_uri,
    condition_step,
    fail_step,
    file_value,
    output_uri,
    processing_step,
    registration_step,
    sdk,
    training_step,
    tuning_step,
)
from penguin_pipes.factories.places import Place, same_region

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penguin_pipes.config import PipelineConfig, RegistrationConfig
    from penguin_pipes.factories.deployable import Pipeline, Uploader

DATASET_PARAMETER = "dataset_location"
THRESHOLD_PARAMETER = "accuracy_threshold"
MODEL = "model"
"""The input of evaluation and packaging that is what the training made."""

ARCHIVE = "model.tar.gz"
"""What the packaging writes into its one output."""


def build_pipeline(
    config: PipelineConfig, *, session: Any = None, uploader: Uploader | None = None
) -> Pipeline:
    """Return the pipeline that *config* asks for: prepare the data, then train or tune.

    With ``config.register`` the model is evaluated, and packed and registered where it
    is accurate enough; where it is not, the execution fails and says so.

    Building and rendering make no AWS call and upload nothing; ``upsert()`` uploads
    what is missing. The same config renders to the same bytes everywhere.

    Args:
        config: The whole pipeline.
        session: An SDK session of the config's region; by default one that is made
            when AWS is first asked.
        uploader: Puts files of S3 URI → path where they belong; by default the
            session's S3 client.

    Returns:
        A pipeline of the SDK, with ``.files`` besides.

    Raises:
        ConfigError: Session and config are of different regions, or a part of the
            config is not what the service takes.
        BundleError: The dataset, the script or the source cannot be read.
    """
    from penguin_pipes.factories.deployable import Pipeline

    same_region("PipelineConfig.region", config.region, session)
    dataset, bundles = _dataset(config, session)
    parameter = sdk.string_parameter(DATASET_PARAMETER, dataset)
    prepare = processing_step(
        config.owned(config.processing),
        name=config.processing_step_name,
        inputs={config.input_name: parameter},
        session=session,
    )
    channels = _outputs(prepare, config.channels)
    parameters, steps = [parameter], [prepare, _fit(config, channels, session)]
    if config.register is not None:
        asked = config.registered(config.register)
        # A file may say 1, and the service tells integers from floats.
        least = float(asked.accuracy_threshold)
        threshold = sdk.float_parameter(THRESHOLD_PARAMETER, least)
        parameters.append(threshold)
        model = _model(config, steps[-1], session)
        steps += _judged(asked, prepare, model, threshold, session)
    return Pipeline(
        config.name,
        parameters=parameters,
        steps=steps,
        region=config.region,
        role=config.role if isinstance(config.role, str) else None,
        description=config.description,
        tags={
            key: value for key, value in config.tags.items() if isinstance(value, str)
        },
        bundles=bundles,
        bucket=config.bucket,
        bucket_owner=config.bucket_owner,
        upload_kms_key=config.upload_kms_key,
        parallelism=config.parallelism,
        session=session,
        uploader=uploader,
        mlflow_config=_mlflow(config),
        pipeline_definition_config=sdk.load().PipelineDefinitionConfig(
            use_custom_job_prefix=config.use_custom_job_prefix
        ),
    )


def _mlflow(config: PipelineConfig) -> Any:
    """Return what the definition tells the service of MLflow, if anything."""
    asked = config.mlflow
    if asked is None or asked.resource_arn is None:
        return None
    return sdk.load().MlflowConfig(
        mlflow_resource_arn=asked.resource_arn,
        mlflow_experiment_name=asked.experiment or config.name,
    )


def _fit(config: PipelineConfig, channels: dict[str, Any], session: Any) -> Any:
    """Return the step that trains the model, or the one that tunes it."""
    if config.use_tuning:
        return tuning_step(
            config.tuned(),
            name=config.tuning_step_name,
            channels=channels,
            session=session,
        )
    return training_step(
        config.owned(config.training),
        name=config.training_step_name,
        channels=channels,
        session=session,
    )


def _judged(
    asked: RegistrationConfig, prepare: Any, model: Any, threshold: Any, session: Any
) -> list[Any]:
    """Return the steps that measure a model, and register it or fail.

    Args:
        asked: How that is done.
        prepare: The step that prepared the data.
        model: Where the model lies.
        threshold: The parameter with the accuracy that is good enough.
        session: An SDK session, if there is one.
    """
    evaluate = processing_step(
        asked.evaluation,
        name=asked.evaluation_step_name,
        inputs={MODEL: model, **_outputs(prepare, asked.evaluation_inputs)},
        session=session,
    )
    package = processing_step(
        asked.packaging,
        name=asked.packaging_step_name,
        inputs={MODEL: model, **_outputs(prepare, asked.packaging_inputs)},
        session=session,
    )
    ((report, path),) = asked.evaluation.property_files.items()
    output, file = path.split("/", 1)
    metrics = sdk.join(output_uri(evaluate, output), file)
    (packed,) = asked.packaging.outputs
    register = registration_step(
        asked,
        name=asked.registration_step_name,
        model=sdk.join(output_uri(package, packed), ARCHIVE),
        metrics=metrics,
    )
    check = condition_step(
        name=asked.condition_step_name,
        conditions=[at_least(file_value(evaluate, report, asked.accuracy), threshold)],
        if_steps=[package, register],
        else_steps=[_failure(asked, threshold, metrics)],
    )
    return [evaluate, check]


def _model(config: PipelineConfig, fit: Any, session: Any) -> Any:
    """Return where the model lies: the trained one, or the best of those tried."""
    if config.use_tuning:
        return best_model_uri(fit, config.tuned(), session=session)
    return fit.properties.ModelArtifacts.S3ModelArtifacts


def _outputs(step: Any, inputs: Mapping[str, str]) -> dict[str, Any]:
    return {name: output_uri(step, output) for name, output in inputs.items()}


def _failure(asked: RegistrationConfig, threshold: Any, metrics: Any) -> Any:
    """Return the step whose sentence is the execution's failure reason."""
    return fail_step(
        name=asked.fail_step_name,
        message=[
            "The model's accuracy on the test data is below the threshold of ",
            threshold,
            ", so it was not registered. How good it is stands in ",
            metrics,
            ". Train it longer or on more data, or set the pipeline's parameter ",
            f"{THRESHOLD_PARAMETER} to what is good enough.",
        ],
    )


def _dataset(config: PipelineConfig, session: Any) -> tuple[str, dict[str, Bundle]]:
    """Return where the dataset lies, and what has to be brought there."""
    if isinstance(config.dataset, str):
        return config.dataset, {}
    bundle = bundle_file(config.dataset, what="PipelineConfig.dataset")
    uri = Place.of(config.owned(config.processing), session).uri(bundle, "data")
    return uri, {uri: bundle}
