"""The least permissions that one pipeline needs: for its role, and for who deploys it.

Nothing here asks AWS. What a statement may name as its resource follows the service
authorization reference; ``*`` stands only where that has nothing narrower.
"""

from penguin_pipes.iam.deployer import deployer_policy
from penguin_pipes.iam.execution import execution_policy
from penguin_pipes.iam.statements import Policy, too_long

__all__ = ["Policy", "deployer_policy", "execution_policy", "too_long"]
