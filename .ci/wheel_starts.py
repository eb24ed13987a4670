"""Install a wheel into an empty folder and start the window from there, away from the tree."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

CHECK = """
import inception_viewer, pathlib
from inception_viewer import paths
assert pathlib.Path(inception_viewer.__file__).is_relative_to(pathlib.Path(r"{site}"))
assert paths.asset("demo.safetensors").is_relative_to(pathlib.Path(r"{site}"))
net = inception_viewer.load("demo")
photo = next(iter(sorted(paths.asset("samples").glob("*.jpg"))))
print(photo.name, net.trace(photo).top("main", 1))
"""


def main(wheel: str) -> None:
    """Fail unless the wheel's own files answer a photo and its entry point answers."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder).resolve() / "site"
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(site)]
        subprocess.run([*pip, wheel], check=True)
        environment = {**os.environ, "PYTHONPATH": str(site), "QT_QPA_PLATFORM": "offscreen"}
        for words in (["-c", CHECK.format(site=site)], ["-m", "inception_viewer", "--version"]):
            subprocess.run([sys.executable, *words], cwd=folder, env=environment, check=True)
    print("the wheel starts away from the tree")


if __name__ == "__main__":
    main(sys.argv[1])
