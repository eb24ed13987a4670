"""``python -m inception_viewer``: the same as ``inception-viewer``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
