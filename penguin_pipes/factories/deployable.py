"""The SDK's `Pipeline`, which first uploads what its definition refers to."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeAlias

import boto3

from penguin_pipes.factories import sdk
from penguin_pipes.factories.quiet import without_role_check
from penguin_pipes.upload import Guard, upload_missing

if TYPE_CHECKING:
    from sagemaker.core.workflow.pipeline_context import PipelineSession
    from sagemaker.mlops.workflow.pipeline import Pipeline as SdkPipeline

    from penguin_pipes.bundle import Bundle
else:
    SdkPipeline = sdk.load().Pipeline
    PipelineSession = sdk.load().PipelineSession

Uploader: TypeAlias = Callable[[Mapping[str, Path]], object]
"""Puts each file of S3 URI → path where it belongs, if it is missing there."""

_TELEMETRY_OFF = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}


class DeferredSession(PipelineSession):  # type: ignore[misc]  # the SDK has no types
    """The SDK's session, which looks for credentials when AWS is first asked.

    Rendering a definition needs none, so neither a missing profile nor the half
    second that the SDK takes to make its clients may stand in the way.
    """

    def __init__(self, *, region: str, bucket: str | None = None) -> None:
        """Remember where to go.

        Args:
            region: The region of every client.
            bucket: Where the SDK puts definitions that are too large to send.
        """
        # ``boto_region_name`` is a property of the SDK's class over this one.
        self._region_name = region
        self._default_bucket_name_override = bucket
        self._is_whole = False

    def __getattr__(self, name: str) -> Any:
        """Become a whole session at the first attribute that only such a one has."""
        if name.startswith("__") or self.__dict__.get("_is_whole", True):
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)
        self._is_whole = True
        super().__init__(
            boto_session=boto3.Session(region_name=self._region_name),
            default_bucket=self._default_bucket_name_override,
            sagemaker_config=_TELEMETRY_OFF,
        )
        return getattr(self, name)


class Pipeline(SdkPipeline):  # type: ignore[misc]  # the SDK has no types
    """A pipeline of the SDK that brings what it refers to.

    ``definition()`` renders, ``upsert()`` (``create()``, ``update()``) uploads what
    is missing and sends the definition, ``start()`` runs it, as SageMaker users
    know them. Steps of other makers may be mixed in.
    """

    def __init__(  # noqa: PLR0913  # each is an option of its own
        self,
        name: str,
        *,
        steps: list[Any],
        region: str | None = None,
        role: str | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        bundles: Mapping[str, Bundle] | None = None,
        session: Any = None,
        uploader: Uploader | None = None,
        bucket: str | None = None,
        bucket_owner: str | None = None,
        upload_kms_key: str | None = None,
        parallelism: int | None = None,
        **options: Any,
    ) -> None:
        """Compose *steps* into a pipeline.

        Args:
            name: The pipeline's name.
            steps: Steps, from the factories or of anybody else.
            region: The region; that of *session* where one is given, us-east-1 where
                neither is.
            role: Role for ``upsert()`` where the call names none.
            description: Description for ``upsert()`` where the call names none.
            tags: Tags for ``upsert()`` where the call names none.
            bundles: S3 URI → what has to lie there, beyond what the steps bring.
            session: An SDK session; by default one that is made when AWS is first
                asked, and that reports nothing to AWS.
            uploader: Puts the files where they belong; by default the session's
                S3 client puts those that are missing.
            bucket: Where a definition past 100 KiB is put; for the default session.
            bucket_owner: The account that every bucket must belong to which something
                is uploaded to; None for any.
            upload_kms_key: Key for what is uploaded; None for the bucket's setting.
            parallelism: How many steps may run at once; None for the service's limit.
            **options: Whatever the SDK's ``Pipeline`` takes besides, such as
                ``parameters``.
        """
        region = sdk.session_region(session) or region or "us-east-1"
        # The SDK's constructor makes a client; it gets one that is never called.
        stand_in = SimpleNamespace(
            boto_region_name=region,
            boto_session=SimpleNamespace(client=lambda _: None),
            local_mode=False,
        )
        super().__init__(
            name=name, steps=list(steps), sagemaker_session=stand_in, **options
        )
        self.sagemaker_session = session or DeferredSession(
            region=region, bucket=bucket
        )
        self.role = role
        self.description = description
        self.tags = MappingProxyType(dict(tags or {}))
        self.parallelism = parallelism
        self.guard = Guard(owner=bucket_owner, kms_key=upload_kms_key)
        self._bundles = dict(bundles or {})
        self._uploader = uploader

    @property
    def _event_bridge_scheduler_helper(self) -> Any:
        """What the SDK's triggers use, made when one is asked for."""
        return sdk.load().EventBridgeSchedulerHelper(
            self.sagemaker_session.boto_session.client("scheduler")
        )

    @_event_bridge_scheduler_helper.setter
    def _event_bridge_scheduler_helper(self, _: object) -> None:
        """Drop the one that the SDK's constructor makes from the stand-in."""

    @cached_property
    def folder(self) -> Path:
        """Where archives lie until the pipeline is garbage."""
        folder = tempfile.mkdtemp(prefix="penguin_pipes-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)

    @property
    def files(self) -> Mapping[str, Path]:
        """S3 URI → file on this computer, for everything the pipeline brings.

        Archives lie in a temporary folder that lives as long as the pipeline.
        """
        bundles = dict(self._bundles)
        for step in self.steps:
            bundles.update(sdk.bundles_of(step))
        return MappingProxyType(
            {uri: bundle.write(self.folder) for uri, bundle in sorted(bundles.items())}
        )

    def upload(self) -> None:
        """Put what the definition refers to where it belongs, if it is missing."""
        if self._uploader is not None:
            self._uploader(self.files)
            return
        session = self.sagemaker_session.boto_session
        region = self.sagemaker_session.boto_region_name
        client = session.client("s3", region_name=region)
        upload_missing(self.files, client=client, guard=self.guard)

    def create(
        self,
        role_arn: str | None = None,
        description: str | None = None,
        tags: Any = None,
        parallelism_config: Any = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Upload what is missing, then create the pipeline; see the SDK's method.

        Args:
            role_arn: ARN of the pipeline's role; the config's by default.
            description: What the pipeline is for; the config's by default.
            tags: Tags as the service spells them; the config's by default.
            parallelism_config: How many steps run at once; the config's by default.
            **options: What else the SDK's method takes.

        Returns:
            The answer of the service; ``PipelineArn`` is in it.

        Raises:
            UploadError: An object did not get to S3.
        """
        self.upload()
        with without_role_check():
            created: dict[str, Any] = super().create(
                role_arn or self.role,
                description or self.description,
                tags or self._tag_list(),
                parallelism_config or self._parallelism(),
                **options,
            )
        return created

    def update(
        self,
        role_arn: str | None = None,
        description: str | None = None,
        parallelism_config: Any = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Upload what is missing, then update the pipeline; see the SDK's method.

        Args:
            role_arn: ARN of the pipeline's role; the config's by default.
            description: What the pipeline is for; the config's by default.
            parallelism_config: How many steps run at once; the config's by default.
            **options: What else the SDK's method takes.

        Returns:
            The answer of the service; ``PipelineArn`` is in it.

        Raises:
            UploadError: An object did not get to S3.
        """
        self.upload()
        with without_role_check():
            updated: dict[str, Any] = super().update(
                role_arn or self.role,
                description or self.description,
                parallelism_config or self._parallelism(),
                **options,
            )
        return updated

    def upsert(
        self,
        role_arn: str | None = None,
        description: str | None = None,
        tags: Any = None,
        parallelism_config: Any = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Create the pipeline, or update it where it exists; see the SDK's method.

        Args:
            role_arn: ARN of the pipeline's role; the config's by default.
            description: What the pipeline is for; the config's by default.
            tags: Tags as the service spells them; the config's by default.
            parallelism_config: How many steps run at once; the config's by default.
            **options: What else the SDK's method takes.

        Returns:
            The answer of the service; ``PipelineArn`` is in it.

        Raises:
            UploadError: An object did not get to S3.
        """
        with without_role_check():
            answer: dict[str, Any] = super().upsert(
                role_arn or self.role,
                description or self.description,
                tags or self._tag_list(),
                parallelism_config or self._parallelism(),
                **options,
            )
        return answer

    def put_triggers(self, triggers: list[Any], role_arn: str | None = None) -> Any:
        """Set schedules of the pipeline; see the SDK's method.

        Args:
            triggers: The SDK's, such as ``PipelineSchedule``.
            role_arn: ARN of the role that starts the pipeline; the config's by default.
        """
        with without_role_check():
            return super().put_triggers(triggers, role_arn or self.role)

    def _tag_list(self) -> list[dict[str, str]]:
        """Return the tags as the service spells them; the SDK adds to the list."""
        return [{"Key": key, "Value": value} for key, value in self.tags.items()]

    def _parallelism(self) -> dict[str, int] | None:
        """Return the parallelism as the service spells it."""
        if self.parallelism is None:
            return None
        return {"MaxParallelExecutionSteps": self.parallelism}
