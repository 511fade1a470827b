"""Give steps the Python and the packages that their images have."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Mapping
from typing import Final

import attrs

from penguin_pipes.errors import InputError
from penguin_pipes.local.backends import Outcome
from penguin_pipes.local.environments.images import KNOWN, ImageContent, content_of
from penguin_pipes.local.environments.installers import last_words
from penguin_pipes.local.environments.interpreter import Interpreter, ask
from penguin_pipes.local.environments.pythons import Pythons
from penguin_pipes.local.environments.store import Environments
from penguin_pipes.local.environments.versions import of_version

WAYS_OUT: Final = (
    "run it in its image (--backend docker), or leave parity out (--python names an "
    "interpreter of your own)"
)


@attrs.frozen(kw_only=True)
class Pinned:
    """The packages of an image, in an environment with nothing below it.

    Attributes:
        packages: Requirements.
    """

    packages: tuple[str, ...]
    is_bare: bool = attrs.field(default=True, init=False)

    @property
    def digest(self) -> str:
        """Of all that it depends on, but for the interpreter."""
        return hashlib.sha256(json.dumps(self.packages).encode()).hexdigest()

    @property
    def words(self) -> tuple[str, ...]:
        """What an installer is told. A compiler would not make what the image has."""
        return ("--only-binary", ":all:", *self.packages)


@attrs.frozen(kw_only=True)
class Parity:
    """Makes the environments of images, or finds those that were made.

    Attributes:
        environments: Where they are kept.
        variables: The variables that jobs see.
        tell: Told what takes long, and what is not exact.
        may_install: Whether those that are missing may be made.
        known: What is known of images.
    """

    environments: Environments
    variables: Mapping[str, str]
    tell: Callable[[str], object]
    may_install: bool = True
    known: tuple[ImageContent, ...] = KNOWN

    def pythons(self, images: Mapping[str, tuple[str, ...]]) -> Pythons:
        """Return the Python of each step that has a job.

        Args:
            images: The images that each step's job names, by the step's name.

        Raises:
            InputError: One of them cannot be had, and why.
        """
        # All that can be known is told before the first of them takes minutes.
        contents = {step: self._content(step, uris) for step, uris in images.items()}
        named = {each.name: each for each in contents.values()}
        versions = {each.python: each for each in named.values()}
        bases = {version: self._base(each) for version, each in versions.items()}
        made = {
            name: self._made(each, bases[each.python]) for name, each in named.items()
        }
        return Pythons(
            by_step={step: made[each.name] for step, each in contents.items()}
        )

    def _content(self, step: str, images: tuple[str, ...]) -> ImageContent:
        """Return what the image of a step holds."""
        if len(set(images)) != 1:
            named = ", ".join(images) or "none"
            msg = (
                f"parity: step {step!r} must name one image; it names {named}; "
                f"{WAYS_OUT}"
            )
            raise InputError(msg)
        try:
            return content_of(images[0], self.known)
        except LookupError:
            names = ", ".join(each.name for each in self.known)
            msg = (
                f"parity: step {step!r} runs in {images[0]}, and what that holds is "
                f"not known here; known are {names} (for processors, not GPUs); "
                f"{WAYS_OUT}"
            )
            raise InputError(msg) from None

    def _base(self, content: ImageContent) -> Interpreter:
        """Return a Python of the version that an image has."""
        version = content.python
        found = of_version(version, self.variables, lent=self.environments.lent)
        if found is None:
            msg = (
                f"parity: {content.name} has Python {version}, which is not on this "
                f"computer; install it (uv python install {version}, or your system's "
                f"python{version}), or {WAYS_OUT}"
            )
            raise InputError(msg)
        return found

    def _made(self, content: ImageContent, base: Interpreter) -> Interpreter:
        """Return the Python of the environment of an image."""
        wanted = Pinned(packages=content.packages)
        said: list[str] = []

        def install(words: tuple[str, ...], told: Mapping[str, str]) -> Outcome:
            self.tell(
                f"parity: making the environment of {content.name}: Python "
                f"{content.python} with {', '.join(content.packages)}"
            )
            if content.open_packages:
                self.tell(
                    f"parity: {content.name} leaves open which "
                    f"{', '.join(content.open_packages)} it has; the newest is taken"
                )
            done = subprocess.run(
                words,
                env=dict(told),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
            )
            said.extend(done.stdout.splitlines())
            return Outcome(exit_code=done.returncode)

        if not self.may_install and not self.environments.has(wanted, base):
            msg = (
                f"parity: the environment of {content.name} has not been made yet; "
                "run the pipeline with --parity once"
            )
            raise InputError(msg)
        made = self.environments.get(
            wanted, base, environment=self.variables, install=install
        )
        if not made.is_ready:
            msg = (
                f"parity: the packages of {content.name} cannot be installed for "
                f"{base.name} here, as wheels: {last_words(said)}; {WAYS_OUT}"
            )
            raise InputError(msg)
        return ask(made.python, self.variables, what="parity")
