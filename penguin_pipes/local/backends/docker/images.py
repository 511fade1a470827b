"""The images that jobs run in: those of this computer, and those that are pulled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

import attrs

from penguin_pipes.errors import AwsError, InputError
from penguin_pipes.local.backends.docker.daemon import known_errors, said
from penguin_pipes.service import REGISTRY

Login: TypeAlias = Callable[[str], tuple[str, str]]
"""Registry's host → user and password. It may raise an `AwsError`."""

ABSENT: Final = "not on this computer"


def registry_of(uri: str) -> str:
    """Return the host that an image is pulled from; nothing if it names none."""
    head, slash, _ = uri.partition("/")
    is_host = slash and ("." in head or ":" in head or head == "localhost")
    return head if is_host else ""


@attrs.define(kw_only=True, eq=False)
class LocalImages:
    """Finds each image, under the name that stands for it, and pulls what is missing.

    Attributes:
        client: Returns a client of the daemon.
        substitutes: An image's URI → the name of the image to take in its place.
        login: Called for an image in ECR that the daemon may not pull by itself.
        tell: Told what takes long.
    """

    client: Callable[[], Any]
    substitutes: Mapping[str, str] = attrs.field(factory=dict)
    login: Login | None = None
    tell: Callable[[str], object] = lambda _: None
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)

    def bring(self, uris: Iterable[str]) -> None:
        """See that all images are here, before the first of them is needed.

        Raises:
            InputError: One is not here and cannot be pulled, or a substitute stands
                for an image that nobody asks for.
        """
        wanted = tuple(dict.fromkeys(uris))
        unused = [uri for uri in self.substitutes if uri not in wanted]
        if unused:
            there = ", ".join(wanted) or "none"
            msg = (
                f"--image {unused[0]}={self.substitutes[unused[0]]}: no step asks for "
                f"this image; the images asked for are: {there}"
            )
            raise InputError(msg)
        for uri in wanted:
            self.get(uri)

    def identity(self, uri: str) -> str:
        """Return what tells the image from any other; nothing is pulled."""
        found = self._find(self.substitutes.get(uri, uri))
        return ABSENT if found is None else str(found.id)

    def get(self, uri: str) -> Any:
        """Return the image that stands for *uri*, pulled if need be.

        Raises:
            InputError: It is not here and cannot be pulled.
        """
        name = self.substitutes.get(uri, uri)
        with self._lock:
            found = self._find(name)
            if found is not None:
                return found
            if name != uri:
                msg = (
                    f"--image {uri}={name}: there is no image {name!r} on this "
                    f"computer; 'docker images' shows those that are, 'docker pull' "
                    "or 'docker build -t' brings another"
                )
                raise InputError(msg)
            self._pull(uri)
            return self.client().images.get(uri)

    def _find(self, name: str) -> Any:
        """Return an image of this computer, or None."""
        from docker.errors import ImageNotFound

        try:
            return self.client().images.get(name)
        except ImageNotFound:
            return None

    def _pull(self, uri: str) -> None:
        """Pull an image: as the docker command would, or signed in to ECR."""
        registry = registry_of(uri)
        self.tell(f"pulling {uri}: it is not on this computer yet")
        reason = self._attempt(uri, None)
        if reason is not None and self.login and REGISTRY.fullmatch(registry):
            try:
                user, password = self.login(registry)
            except AwsError as error:
                reason = str(error)
            else:
                reason = self._attempt(uri, {"username": user, "password": password})
        if reason is not None:
            msg = (
                f"image {uri} is not on this computer and cannot be pulled ({reason}); "
                f"{_way_out(registry)}name an image of this computer in its place: "
                f"--image {uri}=LOCAL-TAG"
            )
            raise InputError(msg)

    def _attempt(self, uri: str, auth: dict[str, str] | None) -> str | None:
        """Try to pull; return why not, or None."""
        try:
            told = self.client().api.pull(
                uri, stream=True, decode=True, auth_config=auth
            )
            return next((str(each["error"]) for each in told if "error" in each), None)
        except known_errors() as error:
            return said(error)


def _way_out(registry: str) -> str:
    """Return what one can do about a registry that refuses."""
    found = REGISTRY.fullmatch(registry)
    if found is None:
        return f"sign in with 'docker login {registry}'".rstrip(" '") + "', or "
    return (
        f"sign in with 'aws ecr get-login-password --region {found['region']} | "
        f"docker login --username AWS --password-stdin {registry}', or "
    )
