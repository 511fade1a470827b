"""Laws of the config in force, for every override that Hypothesis can think of."""

from __future__ import annotations

import string
import tempfile
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from penguin_pipes import penguins_config
from penguin_pipes.config import toml, tree
from penguin_pipes.config.file import read_layers
from penguin_pipes.config.settings import Layers, Override, Settings
from penguin_pipes.config.shown import show_config
from penguin_pipes.config.tree import Source
from penguin_pipes.errors import ConfigError

law = settings(deadline=None)
TABLES = {"cache", "image", "register", "spot"}

WORDS = st.text(string.ascii_letters + string.digits + "_@%+=:,./-", min_size=1)
LINES = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1, max_size=40
)
NAMES = st.from_regex(r"[a-z]{1,4}(\.[a-z]{1,4})?", fullmatch=True)
NUMBERS = st.one_of(
    st.integers(-(2**40), 2**40), st.floats(allow_nan=False, allow_infinity=False)
)
RANGES = st.one_of(
    st.tuples(st.integers(-99, 0), st.integers(1, 99)).map(
        lambda ends: {"minimum": ends[0], "maximum": ends[1]}
    ),
    st.tuples(st.floats(-99, 0), st.floats(0.5, 99)).map(
        lambda ends: {"minimum": ends[0], "maximum": ends[1]}
    ),
    st.lists(st.one_of(WORDS, NUMBERS, st.booleans()), min_size=1, max_size=4).map(
        lambda values: {"values": values}
    ),
)
RETRIES = st.fixed_dictionaries(
    {
        "on": st.sampled_from([["Step.THROTTLING"], ["SageMaker.CAPACITY_ERROR"]]),
        "interval_s": st.integers(0, 43_200),
    },
    optional={"expire_after_min": st.integers(1, 14_400)},
)
IMAGES = st.one_of(
    WORDS,
    st.fixed_dictionaries(
        {"framework": WORDS, "version": WORDS}, optional={"python": st.just("py3")}
    ),
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "description": LINES,
    "parallelism": st.integers(1, 500),
    "use_tuning": st.booleans(),
    "register": st.sampled_from([{}, {"accuracy_threshold": 0.9}, True, "none"]),
    "prefix": st.sampled_from(["", "team", "team/models"]),
    "tags": st.dictionaries(LINES, LINES, max_size=4),
    "dataset": st.sampled_from(["rows.csv", "s3://b/k.csv", "../other/rows.csv"]),
    "processing.arguments": st.lists(LINES, max_size=20),
    "processing.image": IMAGES,
    "processing.environment": st.dictionaries(st.just("MODE"), LINES),
    "training.image": IMAGES,
    "training.retry": st.lists(RETRIES, max_size=3),
    "training.display_name": LINES,
    "training.hyperparameters": st.dictionaries(
        NAMES, st.one_of(WORDS, NUMBERS, st.booleans()), max_size=4
    ),
    "training.compute.instance_count": st.integers(1, 100),
    "training.cache": st.sampled_from([{"enabled": False}, {"expire_after": "2d"}]),
    "training.spot": st.sampled_from([{}, {"max_wait_s": 9000}]),
    "tuning.ranges": st.dictionaries(NAMES, RANGES, min_size=1, max_size=3),
    "tuning.random_seed": st.one_of(st.just("none"), st.integers(0, 99)),
}


def has_date(value: Any) -> bool:
    """Tell whether there is a date in *value*, which no field of a config takes."""
    if isinstance(value, dict):
        return has_date(list(value.values()))
    if isinstance(value, list):
        return any(map(has_date, value))
    return isinstance(value, date)


def built(layers: Layers) -> Settings | str:
    """Return the settings, or why there are none."""
    try:
        return layers.build(penguins_config())
    except ConfigError as error:
        return str(error)


@st.composite
def overrides(draw: st.DrawFn) -> list[Override]:
    """Return overrides of some fields, each of a valid value."""
    paths = draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True, max_size=6))
    return [
        Override(path=path, value=draw(VALUES[path]), origin=f"--{path}")
        for path in paths
    ]


def is_seen(given_: list[Override]) -> bool:
    """Tell whether nothing in the overrides goes by a secret's name."""
    from penguin_pipes.config.checks import is_secret

    tables = [each.value for each in given_ if each.path == "training.hyperparameters"]
    return not any(is_secret(name) for table in tables for name in table)


@law
@given(overrides().filter(is_seen))
def test_what_is_shown_reads_back_to_the_same_config(given_: list[Override]) -> None:
    """--show-config prints a file that stands for what is in force."""
    shown = Layers().build(penguins_config(), given_)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pipeline.toml"
        file.write_text(show_config(shown, folder=Path(folder)), encoding="utf-8")

        again = read_layers(file).build(penguins_config(name="other"))

    # A path that began in the working folder is absolute in the text.
    ours = tree.plain(shown.config)
    if isinstance(ours["dataset"], Path):
        ours["dataset"] = ours["dataset"].absolute()
    assert tree.plain(again.config) == ours
    again_shown = show_config(again, folder=Path(folder))
    assert tomllib.loads(again_shown) == tomllib.loads(
        show_config(shown, folder=Path(folder))
    )


@law
@given(overrides())
def test_every_value_of_the_config_has_an_origin(given_: list[Override]) -> None:
    """An origin is the default's or a flag's, and a flag's own field says so."""
    settings_ = Layers().build(penguins_config(), given_)

    paths = {tree.dotted(path) for path, _ in tree.leaves(tree.plain(settings_.config))}
    assert set(settings_.origins) == paths
    flags = {each.origin for each in given_}
    assert set(settings_.origins.values()) <= {"default", *flags}
    for each in given_:
        if each.path in settings_.origins:
            assert settings_.origins[each.path] == each.origin


@law
@given(overrides(), overrides())
def test_later_overrides_go_over_earlier_ones(
    first: list[Override], second: list[Override]
) -> None:
    """What the later ones set is as if the earlier ones had not been there."""
    base = penguins_config()
    both = Layers().build(base, [*first, *second]).config
    alone = Layers().build(base, second).config

    for each in second:
        if each.path.rpartition(".")[2] in TABLES:
            continue  # tables of fields merge with what the earlier ones set
        one: Any = both
        other: Any = alone
        for name in each.path.split("."):
            one, other = getattr(one, name), getattr(other, name)
        assert one == other


ANYTHING = st.recursive(
    st.one_of(
        LINES, NUMBERS, st.booleans(), st.text(), st.just(10**400), st.dates(), NAMES
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.text(), NAMES), inner, max_size=3),
        st.dictionaries(st.sampled_from(["type", "minimum", "values"]), inner),
    ),
)
PATHS = sorted(
    tree.dotted(path[:length])
    for path, _ in tree.leaves(tree.plain(penguins_config()))
    for length in range(1, len(path) + 1)
)


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(st.sampled_from(PATHS), ANYTHING, min_size=1, max_size=3))
def test_whatever_stands_in_a_file_is_a_config_or_is_refused(
    values: dict[str, Any],
) -> None:
    """No table, date or endless number makes anything but a ConfigError."""
    parts = [
        (tree.nest(tree.split(path), value), Source("pipeline.toml"))
        for path, value in values.items()
    ]

    found = built(Layers(parts=tuple(parts)))

    if isinstance(found, str):
        assert found.startswith("pipeline.toml: ")
    else:
        assert tomllib.loads(show_config(found))["name"] == found.config.name


@law
@given(ANYTHING.filter(lambda value: not has_date(value)))
def test_what_is_written_as_toml_is_read_as_it_was(value: Any) -> None:
    """Strings of every sort, numbers, lists and tables survive."""
    assert tomllib.loads(f"value = {toml.value(value)}") == {"value": value}


@law
@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_dotted_paths_are_read_as_they_are_written(names: list[str]) -> None:
    """Whatever a name holds: dots, quotes, spaces."""
    path = [name for name in names if not name.startswith("[")] or ["a"]

    assert tree.split(tree.dotted(path)) == tuple(path)
