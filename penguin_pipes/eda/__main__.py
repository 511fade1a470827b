"""``python -m penguin_pipes.eda``."""

import sys

from penguin_pipes.eda.command import main

if __name__ == "__main__":
    sys.exit(main())
