"""``python -m penguin_pipes.history``."""

import sys

from penguin_pipes.history.command import main

if __name__ == "__main__":
    sys.exit(main())
