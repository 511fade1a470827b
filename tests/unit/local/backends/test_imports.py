"""What is promised of reading what a script will import."""

from __future__ import annotations

import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from penguin_pipes.local.backends.imports import alone, in_folder, statements
from penguin_pipes.penguins import shipped


def read(script: str, **beside: str) -> tuple[str, ...] | None:
    """Return what is done before a script runs that has these modules beside it."""
    files = {"main.py": textwrap.dedent(script).encode()}
    for name, text in beside.items():
        path = name.replace("_", "/").replace("/init", "/__init__")
        files[f"{path}.py"] = text.encode()
    return statements("main.py", files.get)


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("import numpy", ("import numpy",)),
        ("import numpy as np, pandas.api", ("import numpy", "import pandas.api")),
        ("from a.b import c as d", ("from a.b import c as d",)),
        ("import os, json\nfrom pathlib import Path", ()),
        ("from __future__ import annotations", ()),
        ("try:\n    import a\nexcept ImportError:\n    import b", ("import a",)),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b", ("import b",)),
        ("if typing.TYPE_CHECKING:\n    import a", ()),
        ("if __name__ == '__main__':\n    import a", ("import a",)),
        ("if sys.platform == 'x':\n    import a", ()),
        ("for _ in x:\n    import a", ()),
        ("match x:\n    case 1:\n        import a", ()),
        ("with x:\n    import a", ("import a",)),
        ("def f():\n    import a\nimport b", ("import b", "import a")),
        ("class A:\n    def f(self):\n        import a", ("import a",)),
        ("async def f():\n    import a", ("import a",)),
        ("def f():\n    if x:\n        import a", ()),
        ("import a\nimport a", ("import a",)),
    ],
)
def test_imports_that_will_come_are_found(script: str, found: tuple[str, ...]) -> None:
    """Imports of what is not Python's own are found, unless they may not come."""
    assert read(script) == found


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("os.environ['A'] = 'b'\nimport a", ("os.environ['A'] = 'b'", "import a")),
        ("environ['A'] = 'b'", ("os.environ['A'] = 'b'",)),
        ("os.environ.setdefault('A', 'b')", ("os.environ.setdefault('A', 'b')",)),
        ("def f():\n    os.environ['A'] = 'b'", ("os.environ['A'] = 'b'",)),
        ("print(os.environ['A'], os.environ.get('B'))", ()),
    ],
)
def test_constant_variables_are_set_in_their_turn(
    script: str, found: tuple[str, ...]
) -> None:
    """Variables that a script sets to constants are set before what follows."""
    assert read(script) == found


@pytest.mark.parametrize(
    "script",
    [
        "os.environ['A'] = value",
        "os.environ[name] = 'a'",
        "os.environ.update(A='b')",
        "os.environ |= {'A': 'b'}",
        "del os.environ['A']",
        "x = os.environ.pop('A')",
        "print(os.environ.setdefault('A', 'b'))",
        "os.putenv('A', 'b')",
        "from os import putenv\nputenv('A', 'b')",
        "if x:\n    os.environ['A'] = 'b'",
        "try:\n    pass\nexcept OSError:\n    os.environ['A'] = 'b'",
        "os.environ['A'] = os.environ['B'] = 'c'",
        "a, os.environ['A'] = 'b', 'c'",
        "def f(x=os.environ.pop('A')):\n    pass",
        "with f(os.environ.pop('A')):\n    pass",
        "not python at all",
        "x = '\0'",
    ],
)
def test_uncertain_script_starts_cold(script: str) -> None:
    """A script that sets what one cannot foresee, or is none, has nothing prepared."""
    assert read(f"import os, numpy\n{script}") is None


def test_modules_that_come_along_are_looked_through() -> None:
    """What a script's own modules import is found, in whatever way they are named."""
    found = read(
        """
            import helper, package.inner as inner
            from package import other
            from missing import thing
        """,
        helper="import a\nimport main",
        package_init="from . import sibling\nfrom .deep import nothing",
        package_inner="import b",
        package_other="import c\nfrom .. import too_far",
        package_sibling="import d",
        package_deep_init="from ..sibling import x\nimport e",
        unused="import f",
    )

    assert found is not None
    assert set(found) == {
        *("import a", "import b", "import c", "import d", "import e"),
        "from missing import thing",
    }


def test_variable_in_a_module_that_comes_along_counts() -> None:
    """A script whose own module sets what one cannot foresee starts cold, too."""
    helper = "import os\nos.environ['A'] = str(1)"

    assert read("import helper", helper=helper) is None


def test_script_that_travels_alone_has_nothing_beside_it(tmp_path: Path) -> None:
    """A file beside a script is its own module only if it travels along."""
    (tmp_path / "main.py").write_text("import helper")
    (tmp_path / "helper.py").write_text("import numpy")

    assert statements("main.py", alone(tmp_path / "main.py")) == ("import helper",)
    assert statements("main.py", in_folder(tmp_path)) == ("import numpy",)


def test_penguins_scripts_say_what_takes_long() -> None:
    """The scripts that ship are understood: Keras gets its backend before it comes."""
    train, preprocessor = (
        Path(str(shipped(f"scripts/{name}.py"))) for name in ("train", "preprocessor")
    )

    training = statements("train.py", alone(train))
    preprocessing = statements("preprocessor.py", alone(preprocessor))

    assert training is not None
    assert preprocessing is not None
    backend = training.index("os.environ['KERAS_BACKEND'] = 'tensorflow'")
    assert backend < training.index("import keras")
    assert "import tensorflow" in training
    assert "import pandas" in preprocessing


def test_many_threads_can_read_scripts_at_once() -> None:
    """Each finds what it would have found alone, also where Python's parser is not safe."""
    values = (f"x{n} = {'(' * 20}f({n}){')' * 20}" for n in range(200))
    lines = ["import numpy, pandas", *values]
    source = "\n".join(lines).encode()

    def look(_: int) -> tuple[str, ...] | None:
        return statements("run.py", {"run.py": source}.get)

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(look, range(64)))

    assert found == {statements("run.py", {"run.py": source}.get)}
    assert found != {None}
