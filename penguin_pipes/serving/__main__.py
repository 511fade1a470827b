"""``python -m penguin_pipes.serving``."""

import sys

from penguin_pipes.serving.command import main

if __name__ == "__main__":
    sys.exit(main())
