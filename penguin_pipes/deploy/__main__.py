"""``python -m penguin_pipes.deploy``."""

import sys

from penguin_pipes.deploy.command import main

if __name__ == "__main__":
    sys.exit(main())
