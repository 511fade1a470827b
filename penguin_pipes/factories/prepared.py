"""Requests that are finished, in the place of what the SDK would make them of."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from attrs import field, frozen

from penguin_pipes.bundle import Bundle

Request: TypeAlias = dict[str, Any]


def _frozen(bundles: Mapping[str, Bundle]) -> Mapping[str, Bundle]:
    return MappingProxyType(dict(bundles))


@frozen(kw_only=True)
class PreparedRequest:
    """A finished request, where the SDK's steps expect a processor or a trainer.

    A step of the SDK calls the job's function, then reads what the session caught:
    ``step_args.func_args[0].sagemaker_session.context.args``. Here that is a copy of
    the request, since the SDK changes what it gets.

    Attributes:
        request: The arguments of the Create call; may hold pipeline variables.
        bundles: S3 URI → what has to lie there before the job starts.
        source_code: Always None; the SDK would hash it if there were one.
    """

    request: Request = field(repr=False)
    bundles: Mapping[str, Bundle] = field(factory=dict, converter=_frozen)
    source_code: None = None

    @property
    def sagemaker_session(self) -> PreparedRequest:
        """Itself: the request knows no session."""
        return self

    @property
    def context(self) -> PreparedRequest:
        """Itself: nothing has to be caught."""
        return self

    @property
    def args(self) -> Request:
        """A copy of the request, pipeline variables being the same objects."""
        copied: Request = _copy(self.request)
        return copied


def _copy(value: Any) -> Any:
    """Copy mappings and lists; a pipeline variable knows its step and stays."""
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copy(item) for item in value]
    return value
