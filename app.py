"""Start Inception Viewer from a checkout: ``python app.py [IMAGE…]``."""

import sys

if sys.version_info < (3, 11):
    found = ".".join(str(part) for part in sys.version_info[:3])
    sys.exit("Inception Viewer needs Python 3.11 or newer; this is Python " + found + ".")

from inception_viewer.launch import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
