"""``python -m penguin_pipes.report``."""

import sys

from penguin_pipes.report.command import main

if __name__ == "__main__":
    sys.exit(main())
