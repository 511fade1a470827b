"""The config in force, put together from defaults, file, environment and flags."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from penguin_pipes import (
    CategoricalRange,
    ContinuousRange,
    Image,
    IntegerRange,
    PipelineConfig,
    Spot,
    penguins_config,
)
from penguin_pipes.config import kinds
from penguin_pipes.config.file import read_layers
from penguin_pipes.config.settings import Override
from penguin_pipes.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penguin_pipes.config.settings import Settings

OWN = {
    "name": '"churn"',
    "dataset": '"rows.csv"',
    "processing.script": '"clean.py"',
    "processing.outputs": '["train", "validation"]',
    "training.source": '"fit.py"',
}
"""The least that a pipeline of one's own has to name."""


@pytest.fixture
def settle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Return what writes a pipeline.toml and reads it over the penguins."""
    monkeypatch.chdir(tmp_path)

    def read(
        text: str, *overrides: tuple[str, Any, str], env: str | None = None
    ) -> Settings:
        Path("pipeline.toml").write_text(text)
        given = [Override(path=p, value=v, origin=o) for p, v, o in overrides]
        layers = read_layers(Path("pipeline.toml"), env=env)
        return layers.build(penguins_config(), given)

    return read


STORY = """
name = "penguins-prod"
bucket = "acme-ml"
[training.hyperparameters]
epochs = 60
batch_size = 16
[env.staging]
bucket = "acme-ml-staging"
[env.staging.training.compute]
instance_type = "ml.m5.large"
[env.staging.training.hyperparameters]
batch_size = 8
"""


def test_flags_go_over_environment_over_file_over_defaults(
    settle: Callable[..., Settings],
) -> None:
    """Each value is the highest layer's that names it, and says so."""
    flag = ("training.hyperparameters.batch_size", 4, "--set")

    settings = settle(STORY, flag, env="staging")

    config, origins = settings.config, settings.origins
    assert config.training.hyperparameters == {
        "epochs": 60,
        "batch_size": 4,
        "learning_rate": 0.01,
        "seed": 0,
    }
    assert config.bucket == "acme-ml-staging"
    assert config.training.compute.instance_type == "ml.m5.large"
    assert {
        path: origins[path]
        for path in (
            "name",
            "bucket",
            "training.compute.instance_type",
            "training.compute.instance_count",
            "training.hyperparameters.epochs",
            "training.hyperparameters.batch_size",
        )
    } == {
        "name": "pipeline.toml",
        "bucket": "pipeline.toml [env.staging]",
        "training.compute.instance_type": "pipeline.toml [env.staging]",
        "training.compute.instance_count": "default",
        "training.hyperparameters.epochs": "pipeline.toml",
        "training.hyperparameters.batch_size": "--set",
    }


def test_without_its_flag_an_environment_is_not_there(
    settle: Callable[..., Settings],
) -> None:
    """Sections of environments wait until one is asked for."""
    settings = settle(STORY)

    assert settings.config.bucket == "acme-ml"
    assert settings.config.training.hyperparameters["batch_size"] == 16


def test_an_empty_file_is_the_config_below_it(settle: Callable[..., Settings]) -> None:
    """A file that says nothing changes nothing, and every origin is the default."""
    settings = settle("")

    assert settings.config == penguins_config()
    assert set(settings.origins.values()) == {"default"}


def test_bucket_role_and_region_tell_whether_anybody_gave_them(
    settle: Callable[..., Settings],
) -> None:
    """Placeholders serve local runs only: a deploy has to know them apart."""
    settings = settle('bucket = "acme"\n', ("region", "eu-west-1", "AWS_REGION"))

    given = {name: settings.is_given(name) for name in ("bucket", "role", "region")}
    assert given == {"bucket": True, "role": False, "region": True}
    assert settings.origins["region"] == "AWS_REGION"


def own(**changes: str) -> str:
    """Return a file for a pipeline of its own; double underscores are dots."""
    lines = {**OWN, **{key.replace("__", "."): value for key, value in changes.items()}}
    return "".join(f"{path} = {value}\n" for path, value in lines.items())


def test_a_file_with_a_script_of_its_own_takes_nothing_over(
    settle: Callable[..., Settings],
) -> None:
    """Nothing of the penguins is left: only the places, where nobody gives them."""
    settings = settle(own(channels='{ matrix = "train" }', bucket='"acme"'))

    config = settings.config
    assert dict(config.channels) == {"matrix": "train"}
    assert dict(config.training.hyperparameters) == {}
    assert config.description is None
    assert config.processing.arguments == ()
    assert (config.bucket, config.role) == ("acme", penguins_config().role)
    assert not settings.is_given("role")
    assert "penguins.csv" not in str(config)


def test_a_pipeline_of_its_own_can_be_changed_by_flags(
    settle: Callable[..., Settings],
) -> None:
    """A flag reaches into defaults that the file does not name."""
    flag = ("tuning.ranges.epochs.maximum", 99, "--set")

    settings = settle(own(), flag)

    assert settings.config.tuning.ranges == {"epochs": IntegerRange(10, 99)}


def test_what_a_pipeline_of_its_own_lacks_is_named_all_at_once(
    settle: Callable[..., Settings],
) -> None:
    """Each missing field is told, and why nothing stands in for it."""
    with pytest.raises(ConfigError) as caught:
        settle('[training]\nsource = "fit.py"\n')

    *missing, why = str(caught.value).splitlines()
    text = "missing; it has no default, so it has to be given"
    assert sorted(missing) == [
        f"pipeline.toml: {path}: {text}"
        for path in ("dataset", "name", "processing.outputs", "processing.script")
    ]
    assert why == (
        "pipeline.toml: a file that names processing.script or training.source "
        "describes a pipeline of its own, and takes nothing over from another"
    )


def test_paths_start_from_the_file(tmp_path: Path) -> None:
    """Wherever the command runs: script, source and dataset lie beside the file."""
    (tmp_path / "conf").mkdir()
    file = tmp_path / "conf/churn.toml"
    file.write_text(own(dataset='"../rows.csv"'))

    config = (
        read_layers(file)
        .build(
            penguins_config(),
            [Override(path="training.source", value="here.py", origin="--set")],
        )
        .config
    )

    assert config.processing.script == tmp_path / "conf/clean.py"
    assert config.dataset == tmp_path / "conf/../rows.csv"
    assert config.training.source == Path("here.py")


def test_an_s3_uri_is_no_path(settle: Callable[..., Settings]) -> None:
    """A dataset in S3 stays as it is written."""
    settings = settle('dataset = "s3://theirs/rows.csv"\n')

    assert settings.config.dataset == "s3://theirs/rows.csv"


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("{ minimum = 1, maximum = 9 }", IntegerRange(1, 9)),
        ("{ minimum = 0.1, maximum = 1 }", ContinuousRange(0.1, 1)),
        ('{ minimum = 1, maximum = 9, scaling = "Logarithmic" }', IntegerRange(1, 9, scaling="Logarithmic")),
        ('{ minimum = 1, maximum = 9, type = "continuous" }', ContinuousRange(1, 9)),
        ("{ values = [8, 16] }", CategoricalRange([8, 16])),
        ("{ maximum = 20 }", IntegerRange(10, 20)),
    ],
)  # fmt: skip
def test_ranges_are_told_by_their_values_or_their_type(
    settle: Callable[..., Settings], table: str, expected: object
) -> None:
    """A whole range replaces the one below it, a part of one changes it."""
    settings = settle(f"[tuning.ranges]\nepochs = {table}\n")

    found = settings.config.tuning.ranges["epochs"]
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"a.dkr.ecr.eu-west-1.amazonaws.com/x:1"', "a.dkr.ecr.eu-west-1.amazonaws.com/x:1"),
        ('{ version = "2.19.0" }', Image(framework="tensorflow", version="2.19.0", python="py312")),
        ('{ framework = "pytorch", version = "2.8" }', Image(framework="pytorch", version="2.8")),
    ],
)  # fmt: skip
def test_images_are_uris_or_tables(
    settle: Callable[..., Settings], value: str, expected: object
) -> None:
    """Another framework's image keeps no Python of the one before it."""
    settings = settle(f"[training]\nimage = {value}\n")

    assert settings.config.training.image == expected


def test_none_empties_a_field_that_takes_no_text(
    settle: Callable[..., Settings],
) -> None:
    """TOML has no None: Grid, which needs no number of jobs, could not be asked for."""
    settings = settle(
        'description = "none"\n[tuning]\nstrategy = "Grid"\nmax_jobs = "none"\n'
        "[tuning.ranges.epochs]\nvalues = [10, 20]\n"
    )

    assert settings.config.tuning.max_jobs is None
    assert settings.config.description == "none"


def test_an_empty_table_is_a_record_of_defaults(
    settle: Callable[..., Settings],
) -> None:
    """[training.spot] alone asks for spot capacity; over values it changes nothing."""
    settings = settle("[training.spot]\n[training.compute]\n")

    assert settings.config.training.spot == Spot()
    assert settings.config.training.compute == penguins_config().training.compute


EXAMPLES = {
    "Image.framework": '"pytorch"',
    "Image.python": '"py3"',
    "Image.version": '"1.4-2"',
    "accuracy": '"binary.accuracy"',
    "accuracy_threshold": "0.9",
    "approval": '"Approved"',
    "condition_step_name": '"compare"',
    "content_types": '["text/plain"]',
    "evaluation_inputs": '{ test = "validation" }',
    "evaluation_step_name": '"judge"',
    "fail_step_name": '"stop"',
    "files": '{ tables = "t.json" }',
    "group": '"seabirds"',
    "instance_types": '["ml.c5.large"]',
    "metadata": '{ team = "birds" }',
    "packaging_inputs": '{ numbers = "train" }',
    "packaging_step_name": '"pack"',
    "python": '"env/bin/python"',
    "property_files": '{ evaluation = "train/quality.json" }',
    "sharded": '["penguins"]',
    "register.packaging.outputs": '{ package = "/opt/ml/processing/p" }',
    "registration_step_name": '"publish"',
    "response_types": '["text/plain"]',
    "transform_instance_types": '["ml.c5.large"]',
    "arguments": '["--a", "b"]',
    "backoff_rate": "1.5",
    "base_job_name": '"job"',
    "bucket": '"acme-ml"',
    "bucket_owner": '"123456789012"',
    "channels": '{ rows = "train" }',
    "checkpoint_uri": '"s3://acme-ml/c"',
    "command": '["bash"]',
    "dataset": '"other.csv"',
    "description": '"Who leaves?"',
    "direction": '"Minimize"',
    "display_name": '"Leavers"',
    "early_stopping": '"Auto"',
    "enabled": "false",
    "encrypt_traffic": "true",
    "entry_point": '"main.py"',
    "environment": '{ MODE = "fast" }',
    "experiment": '"birds"',
    "expire_after": '"2d"',
    "hyperparameters": "{ depth = 3 }",
    "ignore": '["*.csv"]',
    "input_name": '"rows"',
    "instance_count": "2",
    "instance_type": '"ml.c5.large"',
    "keep_alive_s": "60",
    "max_jobs": "7",
    "max_parallel_jobs": "2",
    "max_runtime_s": "99",
    "max_wait_s": "9999",
    "metrics": '{ val_accuracy = "va=(.)" }',
    "name": '"other"',
    "network_isolation": "true",
    "objective": '"auc"',
    "output_kms_key": '"key-2"',
    "outputs": '{ train = "/opt/ml/processing/t", validation = "/opt/ml/processing/v" }',
    "parallelism": "3",
    "prefix": '"team"',
    "processing_step_name": '"clean"',
    "random_seed": "5",
    "ranges": "{ depth = { minimum = 1, maximum = 9 } }",
    "region": '"eu-west-1"',
    "retry": '[{ on = ["Step.THROTTLING"], interval_s = 5, backoff_rate = 1.5, expire_after_min = 9 }, { on = ["SageMaker.CAPACITY_ERROR"], max_attempts = 2 }]',
    "resource_arn": '"arn:aws:sagemaker:eu-west-1:123456789012:mlflow-app/app-1"',
    "role": '"arn:aws:iam::123456789012:role/x"',
    "script": '"other.py"',
    "security_group_ids": '["sg-1"]',
    "source": '"other.py"',
    "strategy": '"Random"',
    "subnets": '["subnet-1"]',
    "tags": '{ team = "growth" }',
    "tracking_uri": '"sqlite:///mlflow.db"',
    "training_step_name": '"fit"',
    "tuning_step_name": '"search"',
    "upload_kms_key": '"key-1"',
    "use_custom_job_prefix": "false",
    "use_tuning": "true",
    "volume_kms_key": '"key-1"',
    "volume_size_gb": "7",
}
"""What each field is set to, by its name; it is not what the field is by default."""

NEEDS = {
    "subnets": {"security_group_ids": '["sg-1"]'},
    "security_group_ids": {"subnets": '["subnet-1"]'},
    "Image.framework": {"version": '"1.4-2"'},
    "Image.version": {"framework": '"sklearn"'},
    "Image.python": {"framework": '"sklearn"', "version": '"1.4-2"'},
}
"""Fields that stand for nothing by themselves, and what they go with."""


def fields(record: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path of every field below *record*, and which example it takes."""
    for name, kind in kinds.members(record).items():
        key = f"{record.__name__}.{name}"
        inner = [each for each in kind.records if not kind.is_list]
        if kind.items is not None or not inner:
            known = (f"{path}{name}", key, name)
            yield f"{path}{name}", next((k for k in known if k in EXAMPLES), name)
            continue
        for each in inner:
            yield from fields(each, f"{path}{name}.")


@pytest.mark.parametrize(("path", "example"), list(fields(PipelineConfig)))
def test_every_field_is_reached_from_the_file(
    settle: Callable[..., Settings], path: str, example: str
) -> None:
    """Whatever the records hold, of every record inside another, a file can set."""
    owner = path.rpartition(".")[0]
    lines = {**OWN, path: EXAMPLES[example]}
    for name, text in NEEDS.get(example, {}).items():
        lines[f"{owner}.{name}"] = text
    if path.startswith("tuning.training."):
        lines.setdefault("tuning.training.source", '"fit.py"')
        lines.setdefault("tuning.training.metrics", '{ val_accuracy = "v=(.)" }')
    if path.startswith("register."):
        lines["processing.outputs"] = '["train", "validation", "test", "transformers"]'
    if path == "register.evaluation.outputs":
        lines[f"{owner}.property_files"] = '{ evaluation = "train/quality.json" }'
    if path.startswith("register.") and path.endswith(".property_files"):
        lines[f"{owner}.outputs"] = '["train"]'
    for each in ("use_tuning", "tuning.objective"):
        if path == each:
            lines["training.metrics"] = '{ val_accuracy = "v=(.)", auc = "a=(.)" }'

    settings = settle("".join(f"{key} = {text}\n" for key, text in lines.items()))

    found: Any = settings.config
    for part in path.split("."):
        found = getattr(found, part)
    expected = tomllib.loads(f"value = {EXAMPLES[example]}")["value"]
    assert_set(found, expected)
    assert "pipeline.toml" in {
        origin
        for each, origin in settings.origins.items()
        if each == path or each.startswith(f"{path}.")
    }


def assert_set(found: Any, expected: Any) -> None:
    """Hold what a field is against what the file says."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            inner = found[key] if hasattr(found, "keys") else getattr(found, key)
            assert_set(inner, value)
    elif isinstance(found, tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_set(one, other)
    elif isinstance(found, Path):
        assert found == Path(expected)
    else:
        assert found == {"2d": "P2D"}.get(expected, expected)


def test_the_examples_differ_from_the_defaults() -> None:
    """An example that is the default would prove nothing."""
    config = penguins_config()
    for path, example in fields(PipelineConfig):
        found: Any = config
        for part in path.split("."):
            found = getattr(found, part, None)
        assert found != tomllib.loads(f"v = {EXAMPLES[example]}")["v"], path


WRONG = [
    ("unknown", "[training]\nhyperparameter = 1\n", "pipeline.toml: training.hyperparameter: no such field; did you mean 'hyperparameters'?"),
    ("unknown table", "[trainning.compute]\ninstance_count = 1\n", "pipeline.toml: trainning: no such field; did you mean 'training'?"),
    ("nothing like it", "[training.compute]\ngpu = 1\n", "pipeline.toml: training.compute.gpu: no such field; there are instance_type, instance_count, volume_size_gb, max_runtime_s"),
    ("type", '[training.compute]\ninstance_count = "two"\n', "pipeline.toml: training.compute.instance_count: expected a whole number of instances; got 'two'"),
    ("number as text", "name = 5\n", "pipeline.toml: name: expected up to 256 letters, digits and inner hyphens (no underscore); got 5"),
    ("text as bool", 'use_tuning = "true"\n', "pipeline.toml: use_tuning: expected true or false; got 'true'"),
    ("value", "[training.compute]\ninstance_count = 0\n", "pipeline.toml: training.compute.instance_count: expected 1 to 100 instances; got 0"),
    ("no table", "training = 5\n", "pipeline.toml: training: expected a table of fields; got 5"),
    ("no optional table", "[training]\nspot = 5\n", "pipeline.toml: training.spot: expected a Spot record; got 5"),
    ("no list of tables", "[training.retry]\non = ['Step.THROTTLING']\n", "pipeline.toml: training.retry: expected a list of values such as [{'on': ['Step.THROTTLING']}]"),
    ("entry of a list", "[[training.retry]]\non = ['Step.THROTTLING']\n[[training.retry]]\non = ['x']\n", "pipeline.toml: training.retry[1].on[0]: expected one of Step.SERVICE_FAULT"),
    ("name in a mapping", '[tags]\n"cost.center" = 5\n', 'pipeline.toml: tags."cost.center": expected a string of one line; got 5'),
    ("converter", "[training.cache]\nexpire_after = 'P30M'\n", "pipeline.toml: training.cache.expire_after: 'P30M' means 30 months"),
    ("date", "[training.cache]\nexpire_after = 2026-01-01\n", "pipeline.toml: training.cache.expire_after: got datetime.date(2026, 1, 1)"),
    ("path", "dataset = 5\n", "pipeline.toml: dataset: expected a local file or an S3 URI; got 5"),
    ("record", "[training.spot]\nmax_wait_s = 5\n", "pipeline.toml: training.spot.max_wait_s: expected at least the compute's max_runtime_s, 3600; got 5"),
    ("parts", "[channels]\ntrain = 'tran'\n", "pipeline.toml: channels.train: expected an output of the processing (train, validation, test, transformers); got 'tran'"),
    ("record inside", "use_tuning = true\n[tuning]\nobjective = 'f1'\n", "pipeline.toml: tuning.objective: expected one of the training's metrics"),
    ("blame of a default", "[processing]\noutputs = ['train']\n", "pipeline.toml: channels.validation: expected an output of the processing (train); got 'validation'"),
    ("range key", "[tuning.ranges.depth]\nlow = 1\n", "pipeline.toml: tuning.ranges.depth.low: no such field; there are minimum, maximum, scaling, type"),
    ("range type", "[tuning.ranges.depth]\ntype = 'int'\n", "pipeline.toml: tuning.ranges.depth.type: expected one of integer, continuous, categorical; got 'int'"),
    ("range", "[tuning.ranges.depth]\nminimum = 9\nmaximum = 1\n", "pipeline.toml: tuning.ranges.depth: expected minimum below maximum; got 9 and 1"),
    ("no ranges", "[tuning]\nranges = 5\n", "pipeline.toml: tuning.ranges: expected a mapping of names to values; got 5"),
    ("lone range", "[tuning]\nranges.depth = 5\n", "pipeline.toml: tuning.ranges.depth: expected an IntegerRange, a ContinuousRange or a CategoricalRange; got 5"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_wrong_entries_are_told_with_file_and_place(
    settle: Callable[..., Settings], text: str, message: str
) -> None:
    """The message names the file, the dotted key, the value and the way out."""
    with pytest.raises(ConfigError, match=re.escape(message)):
        settle(text)


def test_all_that_is_wrong_is_told_at_once(settle: Callable[..., Settings]) -> None:
    """Each problem has a line of its own, and the layer that it came from."""
    text = (
        "nmae = 'x'\nuse_tuning = 1\n[training.compute]\ninstance_count = 0\n"
        "instance_typ = 'x'\n[env.staging.training]\nkeep_alive_s = 'long'\n"
    )

    with pytest.raises(ConfigError) as caught:
        settle(text, ("region", "Ireland", "AWS_REGION"), env="staging")

    assert sorted(str(caught.value).splitlines()) == [
        "AWS_REGION: region: expected a region such as 'us-east-1'; got 'Ireland'",
        "pipeline.toml [env.staging]: training.keep_alive_s: expected a whole number of seconds; got 'long'",
        "pipeline.toml: nmae: no such field; did you mean 'name'?",
        "pipeline.toml: training.compute.instance_count: expected 1 to 100 instances; got 0",
        "pipeline.toml: training.compute.instance_typ: no such field; did you mean 'instance_type'?",
        "pipeline.toml: use_tuning: expected true or false; got 1",
    ]


def test_a_secret_that_is_wrong_is_not_shown(settle: Callable[..., Settings]) -> None:
    """The message names the variable, not what stands in it."""
    text = '[training.environment]\nAPI_TOKEN = """hush\nhush"""\n'

    with pytest.raises(ConfigError, match=r"environment\.API_TOKEN: .*got \*{4}") as it:
        settle(text)

    assert "hush" not in f"{it.value!r} {it.value.__cause__}"


def test_records_can_be_laid_over_too(settle: Callable[..., Settings]) -> None:
    """An override from Python may bring a record as it is."""
    spot = Spot(max_wait_s=4000)

    settings = settle("", ("training.spot", spot, "the caller"))

    assert settings.config.training.spot == spot
    assert settings.origins["training.spot.max_wait_s"] == "the caller"


def test_settings_cannot_be_changed(settle: Callable[..., Settings]) -> None:
    """Neither the config nor where it came from changes once it is told."""
    settings = settle("")

    with pytest.raises(TypeError, match="does not support item assignment"):
        settings.origins["name"] = "x"  # type: ignore[index]  # the point
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        settings.config = penguins_config()  # type: ignore[misc]  # the point
