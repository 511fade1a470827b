"""The one list of blocks and commands that no reader follows, each with its reason.

A block is known by its page and its first line, a command by its whole line. Whoever
adds one here says what makes sure of it instead, or why nothing can.
"""

from __future__ import annotations

from typing import Final

DRAWING: Final = "a drawing"
DOCKER: Final = "needs Docker: nox -s docker runs jobs in images"
SESSIONS: Final = "the sessions themselves, which .ci/run calls"
PYTHONS: Final = "needs another Python: tests/unit/local/environments runs jobs in one"
FOLDERS: Final = "files from elsewhere: tests/unit/serving serves such a folder"
TRAINED: Final = "tests/local_mode compares it with the runs of the baseline"

SERVER: Final = "a server until it is stopped; tests/unit/experiments logs to one"

README: Final = "README.md"
EXPERIMENTS: Final = "docs/how-to/experiments.md"

NOT_RUN: Final[dict[tuple[str, str], str]] = {
    (
        README,
        "$ python3 -m venv .venv && .venv/bin/pip install '.[local]' && .venv/bin/python -m penguin_pipes.deploy --local",
    ): "nox -s build does it from wheel and sdist; the pages run its last part",
    (README, "penguins: run e8wsbxzakh1e succeeded after 7.6 s"): TRAINED,
    (
        README,
        "$ python3 -m venv .venv && .venv/bin/pip install 'nox[uv]' && .venv/bin/nox -s tests",
    ): SESSIONS,
    (
        README,
        "import pandas as pd",
    ): "tests/unit/testing/test_plugin.py runs it under pytest",
    (
        README,
        "config ──▶ factories ──▶ build_pipeline ──▶ definition JSON ──▶ upsert, start   SageMaker",
    ): DRAWING,
    (README, "penguins: run 1q2urfnk9t2o succeeded after 7.7 s"): TRAINED,
    (
        README,
        "$ python -m penguin_pipes.local definition.json --resume        # after a failure; or --from STEP, --only STEP",
    ): "nothing has failed on the page; tests/unit/local resumes failed runs",
    (
        README,
        "$ python -m penguin_pipes.deploy --local --backend docker --image 763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.21.0-cpu-py312=my-image:dev",
    ): DOCKER,
    (
        README,
        "preprocess-data ─▶ train-model ─▶ evaluate-model ─▶ check-accuracy ─┬─▶ package-model ─▶ register-model",
    ): DRAWING,
    (
        README,
        '{"predictions": [{"species": "Gentoo", "probabilities": {"Adelie": 0.001, "Chinstrap": 0.002, "Gentoo": 0.997}}]}',
    ): "an answer; nox -s serving_image asks for one",
    (
        README,
        "$ python -m penguin_pipes.deploy --set training.hyperparameters.learning_rate=0.05 --set training.compute.instance_type=ml.m5.2xlarge --plan",
    ): "tests/unit/deploy/test_readme.py compares it byte for byte",
    (
        README,
        "Steps: 1 changed, 1 unchanged. The next execution runs 1 of them for sure.",
    ): "tests/unit/deploy/test_readme.py compares it byte for byte",
    (
        "CONTRIBUTING.md",
        "$ python3 -m venv .venv && .venv/bin/pip install 'nox[uv]'",
    ): SESSIONS,
    (
        "docs/how-to/docker.md",
        "$ python -m penguin_pipes.deploy --local --backend docker",
    ): DOCKER,
    (
        "docs/how-to/docker.md",
        "$ python -m penguin_pipes.local definition.json --backend docker --file s3://my-bucket/raw/=data/",
    ): DOCKER,
    (
        "docs/how-to/docker.md",
        "from penguin_pipes import build_pipeline, penguins_config, run_locally",
    ): DOCKER,
    (
        "docs/how-to/docker.md",
        "$ aws ecr get-login-password --region us-east-1 | docker login --username AWS --password-stdin 763104351884.dkr.ecr.us-east-1.amazonaws.com",
    ): DOCKER,
    (
        "docs/design.md",
        "config ──▶ factories ──▶ build_pipeline ──▶ definition JSON ──▶ upsert, start   SageMaker",
    ): DRAWING,
    (
        "docs/how-to/from-sdk-v2.md",
        "session = PipelineSession()",
    ): "SDK v2, which cannot be installed beside v3",
    (
        EXPERIMENTS,
        "$ python -m penguin_pipes.deploy --local --tune --mlflow http://127.0.0.1:5000",
    ): SERVER,
    (
        EXPERIMENTS,
        "$ python -m penguin_pipes.local definition.json --mlflow sqlite:///mlflow.db",
    ): "tests/unit/local/test_main.py does, with a definition of its own",
    (EXPERIMENTS, "$ mlflow ui --backend-store-uri sqlite:///mlflow.db"): SERVER,
    ("docs/how-to/docker.md", "$ docker build -t churn:dev ."): DOCKER,
    (
        "docs/how-to/own-code.md",
        "$ python -m penguin_pipes.deploy --local --python python3.12",
    ): PYTHONS,
    (
        "docs/how-to/own-code.md",
        "$ python -m penguin_pipes.deploy --local --python train-model=envs/tf/bin/python",
    ): PYTHONS,
    (
        "docs/how-to/serving.md",
        "$ cd served && sha256sum model.tar.gz transformers/* > SHA256SUMS",
    ): FOLDERS,
    (
        "docs/how-to/serving.md",
        "$ python -m penguin_pipes.serving --run served",
    ): FOLDERS,
    (
        "docs/how-to/own-code.md",
        "$ python -m penguin_pipes.deploy --local --parity",
    ): "installs TensorFlow anew; nox -s parity does it, and tests/unit/local/environments with packages of its own",
}
"""Page and line → why not."""


def is_run(page: str, line: str) -> bool:
    """Tell whether a reader follows the block or command that the line begins."""
    return (page, line) not in NOT_RUN
