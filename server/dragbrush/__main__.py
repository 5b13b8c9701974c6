"""`python -m dragbrush` is the `dragbrush` command."""

import sys

from dragbrush.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
