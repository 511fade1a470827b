"""Turn AWS's refusals into one paragraph: what was tried, what is missing, the way out.

botocore's exceptions are known here and in no other room.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from botocore import exceptions as botocore
from botocore.exceptions import BotoCoreError, ClientError

from penguin_pipes.aws.secrets import redact
from penguin_pipes.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

DENIED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}
)
ABSENT: Final = frozenset({"ResourceNotFound", "ResourceNotFoundException"})
EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
UNKNOWN_CREDENTIALS: Final = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "IncompleteSignature",
    }
)
BUSY: Final = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "SlowDown",
        "ServiceUnavailable",
        "InternalFailure",
        "InternalServerError",
        "InternalError",
        "500",
        "502",
        "503",
        "504",
    }
)
"""Codes of what passes; where AWS, or a proxy before it, sends a mere page, botocore
gives the status."""

LIMITS: Final = frozenset({"ResourceLimitExceeded", "LimitExceededException"})

NO_CREDENTIALS: Final = (
    botocore.NoCredentialsError,
    botocore.PartialCredentialsError,
    botocore.CredentialRetrievalError,
    botocore.NoAuthTokenError,
)
SIGNED_OUT: Final = (
    botocore.SSOError,
    botocore.TokenRetrievalError,
    botocore.UnauthorizedSSOTokenError,
)
UNREACHED: Final = (
    botocore.EndpointConnectionError,
    botocore.ConnectTimeoutError,
    botocore.ReadTimeoutError,
    botocore.ConnectionClosedError,
    botocore.HTTPClientError,
)


ACTIONS: Final = {"ListObjectsV2": "ListBucket", "HeadObject": "GetObject"}
"""Permissions that are not called like the operation that needs them."""


@contextmanager
def translated(
    what: str, *, resource: str, service: str = "sagemaker"
) -> Iterator[None]:
    """Turn what botocore raises into an `AwsError`.

    Args:
        what: What did not happen: ``pipeline 'penguins' was not deployed``.
        resource: The ARN that a permission would have to name.
        service: The prefix of the service's actions.

    Raises:
        AwsError: AWS refused, or was not reached.
    """
    try:
        yield
    except ClientError as error:
        reason = _refusal(error, resource=resource, service=service)
        msg = f"{what}: {reason}"
        raise AwsError(msg) from error
    except BotoCoreError as error:
        msg = f"{what}: {_no_answer(error)}"
        raise AwsError(msg) from error


def code(error: Exception) -> str:
    """Return the code of AWS's answer, or nothing if there was none."""
    answer = error.response if isinstance(error, ClientError) else {}
    return str(answer.get("Error", {}).get("Code", ""))


def is_absent(error: BaseException | None) -> bool:
    """Return whether AWS's answer was that there is no such thing."""
    if not isinstance(error, ClientError):
        return False
    said = str(error.response.get("Error", {}).get("Message", ""))
    # moto 5.2 answers ValidationException where SageMaker has ResourceNotFound.
    return code(error) in ABSENT or said.startswith("Could not find pipeline")


def _refusal(error: ClientError, *, resource: str, service: str) -> str:
    """Return what an answer of AWS means, and what to do."""
    found, operation = code(error), error.operation_name
    if found in UNKNOWN_CREDENTIALS:
        # AWS's words would quote the request, its session token included.
        return (
            f"{operation} was refused, since AWS does not accept the credentials "
            f"({found}). Look which ones are in use with 'aws sts "
            "get-caller-identity', and set others (AWS_PROFILE, aws configure)"
        )
    said = _said(error)
    if found in EXPIRED:
        return (
            f"{operation} was refused, since the credentials have expired. Sign in "
            "again ('aws sso login', or fetch new keys) and run the command again"
        )
    if found in DENIED:
        action = ACTIONS.get(operation, operation)
        return (
            f"{operation} was denied: {said!r}. The least to grant is "
            f"{service}:{action} on {resource}; '--iam-policy deployer' prints all "
            "that a deploy needs"
        )
    if found in BUSY:
        words = "" if said == found else f": {said!r}"
        return (
            f"{operation} was turned away again and again ({found}){words}. AWS is "
            "busy; wait a little and run the command again, or let botocore try longer "
            "with AWS_MAX_ATTEMPTS=20 AWS_RETRY_MODE=adaptive"
        )
    return f"{operation} answered {said!r} ({found}). {_way_out(error)}"


def _way_out(error: ClientError) -> str:
    """Return what to do after an answer that is about the request itself."""
    if code(error) in LIMITS:
        return (
            "Ask for more in the console of Service Quotas, or delete what is not "
            "needed any more"
        )
    if is_absent(error):
        return (
            "Deploy it first, or look whether name, region and account are the right "
            "ones"
        )
    return "Mend the request and run the command again"


def _said(error: ClientError) -> str:
    """Return AWS's words in one line; the code where they are a page of HTML."""
    words = " ".join(str(error.response.get("Error", {}).get("Message") or "").split())
    return redact(code(error) if words.startswith("<") else words or code(error))


def _no_answer(error: BotoCoreError) -> str:
    """Return why there was no answer at all, and what to do."""
    if isinstance(error, NO_CREDENTIALS):
        return (
            f"there are no credentials ({_words(error)}). Sign in with 'aws "
            "configure' or 'aws sso login', or name a profile with --profile or "
            "AWS_PROFILE"
        )
    if isinstance(error, SIGNED_OUT):
        return (
            f"the sign-in has ended ({_words(error)}). Run 'aws sso login' and the "
            "command again"
        )
    if isinstance(error, UNREACHED):
        return (
            f"AWS was not reached ({_words(error)}). Check the network, a proxy "
            "(HTTPS_PROXY), the region, and AWS_ENDPOINT_URL if it is set, and run "
            "the command again"
        )
    return f"{_words(error)}. Check region, profile and network, and run it again"


def _words(error: BotoCoreError) -> str:
    """Return what botocore says, without a full stop and without secrets."""
    return redact(str(error).rstrip(". "))
