"""Take out of a text what must not be printed, logged or written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MASK: Final = "****"

_SIGNED: Final = re.compile(
    r"(?P<name>X-Amz-(?:Signature|Security-Token|Credential)|AWSAccessKeyId|Signature"
    r"|aws_?(?:secret_?access_?key|session_?token|access_?key_?id)"
    r"|AWS_(?:SECRET_ACCESS_KEY|SESSION_TOKEN|ACCESS_KEY_ID)|Authorization)"
    r"(?P<sign>\"?\s*[=:]\s*\"?)(?P<value>(?:AWS4-HMAC-SHA256 )?[^\s\"'&,;]+)",
    re.IGNORECASE,
)
_KEY_ID: Final = re.compile(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}\b")
"""Identifiers of access keys, by the prefixes that AWS's IAM guide lists."""

SHORTEST_KNOWN: Final = 4

VARIABLES: Final = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID")


def in_use(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the credentials that stand in the environment."""
    return tuple(environ[name] for name in VARIABLES if environ.get(name))


def redact(text: str, known: tuple[str, ...] = ()) -> str:
    """Return *text* without credentials, tokens and signatures of presigned URLs.

    Args:
        text: What is about to be shown.
        known: Secrets that are in use; what is shorter than four characters could
            be a part of any word, and stays.
    """
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= SHORTEST_KNOWN:
            text = text.replace(secret, MASK)
    text = _SIGNED.sub(rf"\g<name>\g<sign>{MASK}", text)
    return _KEY_ID.sub(MASK, text)
