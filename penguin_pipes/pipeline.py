"""Parameters and order: steps become a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penguin_pipes.bundle import Bundle, bundle_file
from penguin_pipes.factories import (
    output_uri,
    processing_step,
    sdk,
    training_step,
    tuning_step,
)
from penguin_pipes.factories.places import Place, same_region

if TYPE_CHECKING:
    from penguin_pipes.config import PipelineConfig
    from penguin_pipes.factories.deployable import Pipeline, Uploader

DATASET_PARAMETER = "dataset_location"


def build_pipeline(
    config: PipelineConfig, *, session: Any = None, uploader: Uploader | None = None
) -> Pipeline:
    """Return the pipeline that *config* asks for: prepare the data, then train or tune.

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
    channels = {
        channel: output_uri(prepare, output)
        for channel, output in config.channels.items()
    }
    return Pipeline(
        config.name,
        parameters=[parameter],
        steps=[prepare, _fit(config, channels, session)],
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
        pipeline_definition_config=sdk.load().PipelineDefinitionConfig(
            use_custom_job_prefix=config.use_custom_job_prefix
        ),
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


def _dataset(config: PipelineConfig, session: Any) -> tuple[str, dict[str, Bundle]]:
    """Return where the dataset lies, and what has to be brought there."""
    if isinstance(config.dataset, str):
        return config.dataset, {}
    bundle = bundle_file(config.dataset, what="PipelineConfig.dataset")
    uri = Place.of(config.owned(config.processing), session).uri(bundle, "data")
    return uri, {uri: bundle}
