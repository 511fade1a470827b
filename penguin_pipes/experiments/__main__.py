"""``python -m penguin_pipes.experiments``."""

import sys

from penguin_pipes.experiments.command import main

if __name__ == "__main__":
    sys.exit(main())
