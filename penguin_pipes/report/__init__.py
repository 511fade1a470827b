"""A run as people read it; nothing here changes one."""

from penguin_pipes.report.explanation import show_explanation
from penguin_pipes.report.terminal import RunProgress, show_failures, show_run

__all__ = ["RunProgress", "show_explanation", "show_failures", "show_run"]
