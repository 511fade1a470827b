"""The training jobs of local runs as runs of an MLflow experiment.

A run is logged when it is over, from its record, so that MLflow can neither slow it
down nor sink it. Each job is logged once: a step that was reused is the job that ran.
"""

from penguin_pipes.experiments.logged import Logged, Outcome, State, log_run
from penguin_pipes.experiments.store import Store, opened

__all__ = ["Logged", "Outcome", "State", "Store", "log_run", "opened"]
