"""Keep environments in a home: each is made once, by whoever needs it first."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import attrs

from penguin_pipes.local.backends import Outcome
from penguin_pipes.local.disk import remove, sync_file, write_json
from penguin_pipes.local.environments import layer
from penguin_pipes.local.locks import try_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penguin_pipes.local.environments.interpreter import Interpreter

FOLDER: Final = "environments"
READY: Final = "ready.json"
USERS: Final = "used-by"
LOOK_S: Final = 0.1
"""How often to see whether another has made the environment."""

LENT: Final = re.compile(
    r"(PIP|UV)_.*|(https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|XDG_.*",
    re.IGNORECASE,
)
"""What an installer may know of this computer, beyond what a job may."""


class Wish(Protocol):
    """What an environment is made of."""

    @property
    def digest(self) -> str:
        """Of all that it depends on, but for the interpreter."""

    @property
    def words(self) -> tuple[str, ...]:
        """What an installer is told, in the folder of the code."""

    @property
    def is_bare(self) -> bool:
        """Whether it sees nothing of the packages below."""


Install: TypeAlias = "Callable[[tuple[str, ...], Mapping[str, str]], Outcome]"
"""Runs an installer's command in the folder of the code."""


@attrs.frozen(kw_only=True)
class Installation:
    """What came of a wish for an environment.

    Attributes:
        python: Its interpreter.
        outcome: How the installer ended; None if there was nothing to install.
        command: What was run, if anything.
    """

    python: str
    outcome: Outcome | None = None
    command: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether jobs can run in it."""
        return self.outcome is None or self.outcome.exit_code == 0


@attrs.frozen(kw_only=True)
class Environments:
    """The environments of a home, as one run uses them.

    Attributes:
        home: The folder that keeps them.
        run: The id of the run.
        lent: The variables of this computer.
    """

    home: Path
    run: str
    lent: Mapping[str, str]

    def has(self, wanted: Wish, base: Interpreter) -> bool:
        """Return whether an environment has been made."""
        return (self.home / FOLDER / digest_of(wanted, base) / READY).is_file()

    def get(
        self,
        wanted: Wish,
        base: Interpreter,
        *,
        environment: Mapping[str, str],
        install: Install,
        pause: Callable[[float], None] = time.sleep,
    ) -> Installation:
        """Return the environment for some code, made if it is not there.

        Args:
            wanted: What is to be in it.
            base: The Python below.
            environment: The variables of the job that wants it.
            install: Runs an installer's command.
            pause: Lets time pass while another makes it.

        Raises:
            InputError: There is nothing to install with.
        """
        name = digest_of(wanted, base)
        folder = self.home / FOLDER / name
        told = {
            **{key: value for key, value in self.lent.items() if LENT.fullmatch(key)},
            **environment,
        }
        with _turn(self.home, f"environment-{name}", pause):
            if not (folder / READY).is_file():
                # One that was begun and not finished is as good as none.
                remove(folder)
                failed = _make(folder, wanted, base, told, install)
                if failed is not None:
                    return failed
            users = folder / USERS
            users.mkdir(exist_ok=True)
            (users / self.run).touch()
        return Installation(python=str(layer.python_of(folder)))


def digest_of(wanted: Wish, base: Interpreter) -> str:
    """Return what an environment is called: all that it depends on, in one word."""
    from penguin_pipes.local.cache.surroundings import packages_of

    facts = [wanted.digest, base.executable, base.name, base.sites]
    if wanted.is_bare:
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]
    # The code of an editable install is not looked at by an installer.
    versions = {key: text.partition(",")[0] for key, text in packages_of(base.path)}
    text = json.dumps([facts, sorted(versions.items())])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _make(
    folder: Path,
    wanted: Wish,
    base: Interpreter,
    environment: Mapping[str, str],
    install: Install,
) -> Installation | None:
    """Make an environment; return how that failed, if it did."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        make = layer.make_bare if wanted.is_bare else layer.make
        make(folder, base, environment)
        words = (*layer.installer(folder, environment), *wanted.words)
        outcome = install(words, environment)
        if outcome.exit_code:
            remove(folder)
            return Installation(python="", outcome=outcome, command=words)
        installed = layer.unshadow(folder)
    except BaseException:
        remove(folder)
        raise
    aside = folder / f"{READY}.part"
    write_json(aside, {"base": base.executable, "installed": installed})
    sync_file(aside)
    aside.replace(folder / READY)
    return None


@contextlib.contextmanager
def _turn(home: Path, what: str, pause: Callable[[float], None]) -> Iterator[None]:
    """Be the only one in the home that does *what*; whoever waits can be stopped."""
    with contextlib.ExitStack() as stack:
        while not stack.enter_context(try_turn(home, what)):
            stack.close()
            pause(LOOK_S)
        yield
