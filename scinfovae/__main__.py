"""``python -m scinfovae`` is ``scinfovae-bench``."""

import sys

from scinfovae.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
