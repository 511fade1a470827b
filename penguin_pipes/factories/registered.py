"""A step of type RegisterModel that carries a finished request.

The SDK's own takes what its model builder recorded, with a session to go with it, and
takes members out of the request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penguin_pipes.factories import sdk

if TYPE_CHECKING:
    from sagemaker.mlops.workflow.steps import ConfigurableRetryStep

    from penguin_pipes.factories.prepared import PreparedRequest
else:
    ConfigurableRetryStep = sdk.load().ConfigurableRetryStep


class RegisterModelStep(ConfigurableRetryStep):  # type: ignore[misc]  # the SDK has no types
    """Registers a version of a model in a model package group."""

    def __init__(
        self, name: str, prepared: PreparedRequest, depends_on: list[Any] | None
    ) -> None:
        """Make the step.

        Args:
            name: The step's name.
            prepared: The request of CreateModelPackage.
            depends_on: What has to be done before.
        """
        kind = sdk.load().StepType.REGISTER_MODEL
        super().__init__(name=name, step_type=kind, depends_on=depends_on)
        self._prepared = prepared
        self._properties = sdk.load().Properties(
            step_name=name, step=self, shape_name="DescribeModelPackageOutput"
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """The request of CreateModelPackage."""
        return self._prepared.args

    @property
    def properties(self) -> Any:
        """What DescribeModelPackage answers."""
        return self._properties
