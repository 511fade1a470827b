"""Which region, which credentials, and one client for each service."""

from __future__ import annotations

from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import boto3
from attrs import field, frozen
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ProfileNotFound
from botocore.session import Session as BotocoreSession

from penguin_pipes.aws.failures import translated
from penguin_pipes.config.origin import Origin
from penguin_pipes.errors import ConfigError
from penguin_pipes.service import REGION

if TYPE_CHECKING:
    from collections.abc import Mapping

REGION_VARIABLES: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
CONNECTIONS: Final = 16
"""As many as there may be uploads at once, and some for the calls beside them."""


def ambient_region(environ: Mapping[str, str], profile: str | None) -> Origin | None:
    """Return the region of the AWS environment or the profile, in this order.

    Raises:
        ConfigError: There is no such profile, or what was found is no region.
    """
    for name in REGION_VARIABLES:
        if environ.get(name):
            return _checked(Origin(environ[name], name))
    try:
        session = BotocoreSession(profile=profile)
        region = session.get_scoped_config().get("region")
    except (ProfileNotFound, BotoCoreError) as error:
        raise _wrong_profile(error) from None
    shown = session.profile or "default"
    return _checked(Origin(region, f"profile {shown!r}")) if region else None


def _checked(found: Origin) -> Origin:
    if REGION.fullmatch(found.value) is None:
        msg = (
            f"{found.origin}: expected a region such as 'us-east-1'; got "
            f"{found.value!r}. Mend it, or name one with --region"
        )
        raise ConfigError(msg)
    return found


def _wrong_profile(error: Exception) -> ConfigError:
    msg = (
        f"{str(error).rstrip('.')}; 'aws configure list-profiles' shows those that are "
        "there, --profile and AWS_PROFILE name one"
    )
    return ConfigError(msg)


@frozen(kw_only=True, slots=False)
class Aws:
    """One account's credentials in one region.

    Attributes:
        region: The region of every client.
        profile: Of the shared configuration; None for what the environment says.
    """

    region: str
    profile: str | None = None
    session: boto3.Session = field(init=False, repr=False, eq=False)

    @session.default
    def _session(self) -> boto3.Session:
        try:
            return boto3.Session(region_name=self.region, profile_name=self.profile)
        except BotoCoreError as error:
            raise _wrong_profile(error) from None

    @cached_property
    def _config(self) -> Config:
        """Try again what may pass: the mode is the user's, or else standard."""
        mode = self.session._session.get_config_variable("retry_mode")  # noqa: SLF001  # boto3 hands out nothing else
        retries = {"mode": "standard"} if mode == "legacy" else None
        return Config(
            retries=retries,
            max_pool_connections=CONNECTIONS,
            user_agent_extra=f"penguin-pipes/{version('penguin-pipes')}",
        )

    @cached_property
    def sagemaker(self) -> Any:
        """The client for pipelines."""
        return self.session.client("sagemaker", config=self._config)

    @cached_property
    def s3(self) -> Any:
        """The client for objects."""
        return self.session.client("s3", config=self._config)

    @cached_property
    def iam(self) -> Any:
        """The client for roles."""
        return self.session.client("iam", config=self._config)

    @cached_property
    def logs(self) -> Any:
        """The client for the jobs' logs."""
        return self.session.client("logs", config=self._config)

    def ecr(self, region: str) -> Any:
        """Return a client for the images in one region."""
        return self.session.client("ecr", region_name=region, config=self._config)

    @cached_property
    def account(self) -> str:
        """The account that the credentials belong to.

        Raises:
            AwsError: AWS refused, or was not reached.
        """
        client = self.session.client("sts", config=self._config)
        with translated("the account is not known", resource="*", service="sts"):
            return str(client.get_caller_identity()["Account"])

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be printed: the credentials in use, if any were needed yet.

        They are not looked for here: on a computer that has none it takes a while.
        """
        found = self.session._session._credentials  # noqa: SLF001  # boto3 would go and look for them
        try:
            held = None if found is None else found.get_frozen_credentials()
        except (BotoCoreError, ClientError):
            return ()
        if held is None:
            return ()
        return tuple(
            each for each in (held.access_key, held.secret_key, held.token) if each
        )
