"""The same three steps with penguin_pipes."""

from __future__ import annotations

import attrs

from benchmarks.building.asked import BUCKET, CHANNELS, REGION, ROLE
from penguin_pipes import (
    IntegerRange,
    Pipeline,
    TuningConfig,
    build_pipeline,
    output_uri,
    penguins_config,
    tuning_step,
)


def definition() -> str:
    """Return the definition of what `build_pipeline` makes, with a tuning step more."""
    config = attrs.evolve(
        penguins_config(bucket=BUCKET, role=ROLE, region=REGION),
        tuning=TuningConfig(
            ranges={"epochs": IntegerRange(10, 50)}, max_jobs=4, max_parallel_jobs=2
        ),
    )
    pipeline = build_pipeline(config)
    prepare, train = pipeline.steps
    channels = {name: output_uri(prepare, name) for name in CHANNELS}
    tune = tuning_step(config.tuned(), name="tune", channels=channels)
    whole = Pipeline(
        config.name,
        parameters=pipeline.parameters,
        steps=[prepare, train, tune],
        region=config.region,
    )
    found: str = whole.definition()
    return found
