"""What --show-config prints: TOML that reads back, with origins, without secrets."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes import ContinuousRange, penguins_config
from penguin_pipes.config.file import read_layers
from penguin_pipes.config.overrides import read_assignment
from penguin_pipes.config.settings import Layers, Override, Settings
from penguin_pipes.config.shown import show_config
from penguin_pipes.factories import sdk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from penguin_pipes import PipelineConfig


def settled(base: PipelineConfig, *assignments: str) -> Settings:
    """Return the settings that --set makes of *base*."""
    return Layers().build(base, [read_assignment(each) for each in assignments])


def reread(text: str, folder: Path) -> PipelineConfig:
    """Return what *text* is read as, from a file in *folder*."""
    file = folder / "shown.toml"
    file.write_text(text)
    # Another config below: what is not shown would be taken from it.
    base = penguins_config(name="not-shown", epochs=1, parallelism=9)
    return read_layers(file).build(base).config


def lines(text: str) -> dict[str, str]:
    """Return what stands before the equals sign → the rest, of unique names."""
    pairs = [line.partition(" = ") for line in text.splitlines()]
    return {name: rest for name, sign, rest in pairs if sign}


@pytest.mark.parametrize(
    "assignments",
    [
        (),
        ("use_tuning=true", "training.spot={}", "security.network_isolation=true"),
        ("tuning.max_jobs=none", "tuning.strategy=Grid", "tuning.ranges={d={values=[1, 'a', true]}}"),
        ("tuning.training={source='/src/f.py', metrics={val_accuracy='(.)'}}",),
        ("training.retry=[{on=['Step.THROTTLING'], expire_after_min=5}]", "tags={'a.b'='c'}"),
        ("processing.outputs=['train', 'validation']", "processing.command=['bash', '-c']"),
        ("training.image=a.dkr.ecr.eu-west-1.amazonaws.com/x:1", "dataset=s3://b/k"),
        ("training.metrics={}", "training.hyperparameters={}", "processing.security={}"),
    ],
)  # fmt: skip
def test_what_is_shown_reads_back(tmp_path: Path, assignments: tuple[str, ...]) -> None:
    """The text is a file that stands for the same config, whatever lies below it."""
    settings = settled(penguins_config(), *assignments)

    text = show_config(settings, folder=tmp_path)

    assert reread(text, tmp_path) == settings.config


def test_ranges_of_whole_real_numbers_stay_real(
    churn_config: Callable[..., PipelineConfig], tmp_path: Path
) -> None:
    """A range's type is shown: from 1 and 2 nobody could tell."""
    config = churn_config()
    tuned = settled(
        config, "tuning.ranges.rate={type='continuous',minimum=1,maximum=2}"
    )

    text = show_config(tuned, folder=tmp_path)

    assert reread(text, tmp_path).tuning.ranges["rate"] == ContinuousRange(1, 2)


def test_each_value_says_where_it_came_from(tmp_path: Path) -> None:
    """Behind every value stands its layer; nobody's value is the default."""
    file = tmp_path / "pipeline.toml"
    file.write_text("parallelism = 3\n[env.prod]\nprefix = 'p'\n")
    flag = Override(path="bucket", value="acme", origin="--bucket")

    settings = read_layers(file, env="prod").build(penguins_config(), [flag])
    found = lines(show_config(settings))

    assert found["parallelism"].split() == ["3", "#", str(file)]
    assert found["prefix"].split("# ")[1] == f"{file} [env.prod]"
    assert found["bucket"].split() == ['"acme"', "#", "--bucket"]
    assert found["region"].split() == ['"us-east-1"', "#", "default"]


def test_every_value_is_shown() -> None:
    """Nothing that is in force is left out, what is None stands in a comment."""
    settings = settled(penguins_config())

    text = show_config(settings)

    shown = {name.removeprefix("# ") for name in lines(text)}
    assert {path.rsplit(".", 1)[-1] for path in settings.origins} <= shown
    assert "# parallelism = none" in text
    assert tomllib.loads(text)["tuning"]["max_jobs"] == 3


def test_comments_stand_below_one_another() -> None:
    """The origins of one table make a column."""
    text = show_config(settled(penguins_config()))
    _, _, rest = text.partition("[training.compute]\n")
    table = rest.partition("\n\n")[0].splitlines()

    assert len(table) == 4
    assert len({line.index("# default") for line in table}) == 1


@pytest.mark.parametrize("name", ["API_TOKEN", "my_secret", "PGPASSWORD", "AWS_KEY"])
@pytest.mark.parametrize("table", ["environment", "hyperparameters"])
def test_secrets_are_not_shown(name: str, table: str, tmp_path: Path) -> None:
    """What goes by a secret's name stands masked, in a comment."""
    settings = settled(penguins_config(), f"training.{table}.{name}=hush-hush")

    text = show_config(settings)

    assert "hush" not in text
    assert f'# {name} = "****"' in text
    assert name not in getattr(reread(text, tmp_path).training, table)


def test_paths_inside_the_folder_are_relative_to_it(
    churn_config: Callable[..., PipelineConfig], churn_folder: Path
) -> None:
    """The text can be put beside the scripts, and moved along with them."""
    settings = settled(churn_config())

    text = show_config(settings, folder=churn_folder)
    elsewhere = show_config(settings, folder=churn_folder / "src")

    assert lines(text)["script"].split("  ")[0] == '"clean.py"'
    assert lines(text)["source"].split("  ")[0] == '"src"'
    assert f'"{churn_folder}/clean.py"' in elsewhere
    assert reread(text, churn_folder) == settings.config


def test_long_lists_take_several_lines() -> None:
    """The penguins' arguments do not run out of the terminal."""
    text = show_config(settled(penguins_config()))
    found: Any = tomllib.loads(text)["processing"]["arguments"]

    assert found == list(penguins_config().processing.arguments)
    inside = text.partition("arguments = [")[2].partition("]")[0].splitlines()[1:]
    assert len(inside) > 2
    assert all(len(line) <= 88 for line in inside)


def test_a_pipeline_variable_is_told_in_a_comment(
    churn_config: Callable[..., PipelineConfig],
) -> None:
    """TOML has nothing like it, but it is part of what is in force."""
    role = sdk.load().parameters.ParameterString("role")

    text = show_config(settled(churn_config(role=role)))

    assert "# role = the pipeline variable {'Get': 'Parameters.role'}" in text
    assert "role" not in tomllib.loads(text)
