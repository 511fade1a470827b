"""What a deploy would change, and which steps would run again because of it.

Two definitions in, one frozen `Plan` out; nothing here asks AWS. The answer is
about the next execution with the default values of the parameters.
"""

from penguin_pipes.definition.plan.make import plan
from penguin_pipes.definition.plan.records import (
    Cache,
    Change,
    Plan,
    StepChange,
    StepPlan,
)

__all__ = ["Cache", "Change", "Plan", "StepChange", "StepPlan", "plan"]
