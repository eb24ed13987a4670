"""Start Inception Viewer from a checkout: ``python app.py [IMAGE…]``."""

import sys

from inception_viewer.launch import main

if __name__ == "__main__":
    sys.exit(main())
