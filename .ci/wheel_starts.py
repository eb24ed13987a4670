"""Install a wheel into an empty folder and start the window from there, away from the tree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
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


def window_explains(folder: Path, environment: dict[str, str]) -> str:
    """Start the window from the installed wheel and return its headline on the first photo."""
    state = folder / "state.json"
    words = ["-m", "inception_viewer", "--state-json", str(state)]
    words += ["--settings", str(folder / "settings.ini")]
    deadline = time.monotonic() + 120
    window = subprocess.Popen([sys.executable, *words], cwd=folder, env=environment)
    try:
        while time.monotonic() < deadline and window.poll() is None:
            time.sleep(0.3)
            if state.exists():
                shown = json.loads(state.read_text(encoding="utf-8"))
                if shown["scene"]:
                    return str(shown["headline"])
    finally:
        window.terminate()
        window.wait(30)
    raise SystemExit("the window of the installed wheel explained no photo")


def main(wheel: str) -> None:
    """Fail unless the wheel's own files answer a photo and its entry point answers."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder).resolve() / "site"
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(site)]
        subprocess.run([*pip, wheel], check=True)
        environment = {**os.environ, "PYTHONPATH": str(site), "QT_QPA_PLATFORM": "offscreen"}
        for words in (["-c", CHECK.format(site=site)], ["-m", "inception_viewer", "--version"]):
            subprocess.run([sys.executable, *words], cwd=folder, env=environment, check=True)
        print("its window:", window_explains(Path(folder), environment))
    print("the wheel starts away from the tree")


if __name__ == "__main__":
    main(sys.argv[1])
