"""What is in force: flags over the file's environment, its rest, and the defaults."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from penguin_pipes import RegistrationConfig
from penguin_pipes.deploy.arguments import parse
from penguin_pipes.deploy.settings import Resolved, resolve
from penguin_pipes.errors import ConfigError
from penguin_pipes.penguins import LOCAL_BUCKET

ROLE = "arn:aws:iam::123456789012:role/pipelines"
FILE = f"""
name = "sea-birds"
bucket = "from-file"
role = "{ROLE}"
region = "eu-west-3"

[training.hyperparameters]
epochs = 5

[env.staging]
bucket = "from-staging"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder, which is empty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    return tmp_path


def resolved(*flags: str, **environ: str) -> Resolved:
    """Return what these flags lead to."""
    return resolve(parse(list(flags)), environ=environ)


def test_flag_over_environment_over_file_over_default(here: Path) -> None:
    """Each of them is found without being named, but the environment."""
    (here / "pipeline.toml").write_text(FILE)

    plain = resolved()
    staging = resolved("--env", "staging")
    flag = resolved("--env", "staging", "--bucket", "from-flag", "--epochs", "7")

    assert [each.config.bucket for each in (plain, staging, flag)] == [
        "from-file",
        "from-staging",
        "from-flag",
    ]
    assert [
        each.config.training.hyperparameters["epochs"] for each in (plain, flag)
    ] == [5, 7]
    assert flag.config.training.hyperparameters["batch_size"] == 32
    assert flag.settings.origins["bucket"] == "--bucket"
    assert flag.settings.origins["training.hyperparameters.epochs"] == "--epochs"
    assert plain.settings.origins["name"] == "pipeline.toml"
    assert staging.settings.origins["bucket"] == "pipeline.toml [env.staging]"


@pytest.mark.parametrize(
    ("file", "flags", "environ", "expected"),
    [
        (FILE, ["--region", "us-west-2"], {"AWS_REGION": "us-west-1"}, "us-west-2"),
        (FILE, [], {"AWS_REGION": "us-west-1"}, "eu-west-3"),
        (
            "",
            ["--bucket=bbb", f"--role={ROLE}"],
            {"AWS_REGION": "us-west-1"},
            "us-west-1",
        ),
        ("", ["--local"], {"AWS_REGION": "us-west-1"}, "us-east-1"),
        (FILE, ["--local"], {}, "eu-west-3"),
    ],
    ids=["flag", "file", "AWS environment", "local needs none", "local with a file"],
)
def test_the_region_is_of_flag_file_or_aws(
    here: Path, file: str, flags: list[str], environ: dict[str, str], expected: str
) -> None:
    """In this order; and a local run is the same whatever AWS is set to."""
    (here / "pipeline.toml").write_text(file)

    found = resolved(*flags, **environ)

    assert (found.region.value, found.config.region) == (expected, expected)


def test_a_placeholder_is_never_deployed_to(here: Path) -> None:
    """A local run needs neither bucket nor role; a deploy names what is missing."""
    assert not any(here.iterdir())
    assert resolved("--local").config.bucket == LOCAL_BUCKET
    with pytest.raises(ConfigError, match=r"^--role: SageMaker needs to know"):
        resolved("--bucket", "acme-ml", "--region", "us-east-1")


def test_flags_that_are_switches_are_told_by_their_names(here: Path) -> None:
    """--register and --tune set what a file or --set may set too."""
    assert not any(here.iterdir())
    plain = resolved("--local")
    found = resolved("--local", "--tune", "--register")
    same = resolved("--local", "--set", "register=true")

    assert plain.config.register is None
    assert found.config.register == same.config.register == RegistrationConfig()
    assert found.config.use_tuning
    assert found.settings.origins["register.accuracy"] == "--register"
    assert found.settings.origins["use_tuning"] == "--tune"


PARTS = """
[register]
accuracy_threshold = 0.9
[register.evaluation.compute]
instance_type = "ml.c5.large"
"""


@pytest.mark.parametrize(
    ("file", "flags"),
    [
        (PARTS, []),
        (PARTS, ["--register"]),
        (PARTS, ["--register", "--set", "register.approval=Approved"]),
        (
            "register = true\n",
            [
                *("--set", "register.accuracy_threshold=0.9"),
                *("--set", "register.evaluation.compute.instance_type=ml.c5.large"),
            ],
        ),
    ],
    ids=["file", "file and flag", "all three", "parts by flags"],
)
def test_a_part_of_the_registration_can_be_changed_alone(
    here: Path, file: str, flags: list[str]
) -> None:
    """What is left out of it is as it ships, and --register undoes nothing."""
    (here / "pipeline.toml").write_text(file)

    found = resolved("--local", *flags).config.register

    assert found is not None
    assert found.accuracy_threshold == 0.9
    assert found.evaluation.compute.instance_type == "ml.c5.large"
    assert found.evaluation.compute.volume_size_gb == 30
    assert found.evaluation.script.name == "evaluate.py"
    assert found.packaging.files["inference"].name == "inference.py"
    assert found.approval == (
        "Approved" if "--set" in flags and file == PARTS else "PendingManualApproval"
    )


def test_what_a_file_turns_on_can_be_turned_off(here: Path) -> None:
    """--set register=false, or none."""
    (here / "pipeline.toml").write_text(PARTS)

    for value in ("false", "none"):
        assert resolved("--local", "--set", f"register={value}").config.register is None


def test_the_seed_reaches_split_and_weights(here: Path) -> None:
    """Over what the file says, whichever way it says it."""
    (here / "pipeline.toml").write_text(FILE.replace("epochs = 5", "seed = 5"))
    config = resolved("--seed", "9").config

    assert config.training.hyperparameters["seed"] == 9
    assert config.processing.arguments[-2:] == ("--seed", "9")


def test_a_file_of_another_pipeline_has_nothing_of_the_penguins(here: Path) -> None:
    """Neither its arguments, nor its data, nor the flags that are short for them."""
    (here / "clean.py").write_text("pass\n")
    (here / "fit.py").write_text("pass\n")
    (here / "rows.csv").write_text("a\n")
    own = (
        f'{FILE.partition("[training")[0]}dataset = "rows.csv"\n'
        'channels = {train = "rows"}\n'
        '[processing]\nscript = "clean.py"\noutputs = ["rows"]\n'
        '[training]\nsource = "fit.py"\n'
    )
    (here / "pipeline.toml").write_text(own)

    config = resolved().config

    assert config.processing.arguments == ()
    assert dict(config.training.hyperparameters) == {}
    assert config.dataset == Path("rows.csv")
    with pytest.raises(ConfigError, match="--epochs is short for the penguins'"):
        resolved("--epochs", "3")


def test_showing_what_is_in_force(call: Any, tmp_path: Path) -> None:
    """As TOML that can be read back, each value with its origin; nothing is asked."""
    (tmp_path / "pipeline.toml").write_text(FILE)

    said = call("--show-config", "--env", "staging", "--epochs", "8", places=False)

    assert said.code == 0, said.err
    shown = tomllib.loads(said.out)
    assert shown["bucket"] == "from-staging"
    assert shown["training"]["hyperparameters"]["epochs"] == 8
    lines = {line.partition(" ")[0]: line for line in said.out.splitlines()}
    assert lines["bucket"].endswith("# pipeline.toml [env.staging]")
    assert lines["epochs"].endswith("# --epochs")
    assert lines["batch_size"].endswith("# default")
