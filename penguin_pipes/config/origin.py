"""A value together with who said so."""

from __future__ import annotations

from attrs import frozen


@frozen
class Origin:
    """A value and where it comes from.

    Attributes:
        value: The value.
        origin: Such as ``AWS_REGION`` or ``profile 'ml'``.
    """

    value: str
    origin: str
