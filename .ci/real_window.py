"""Start the real window under Xvfb and a window manager, and drop a photo from another process.

What the window shows is read from ``--state-json``, never guessed from pixels.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
State = dict[str, Any]


@contextlib.contextmanager
def running(*words: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Run a command for as long as the block lasts."""
    process = subprocess.Popen(words, text=True, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


@contextlib.contextmanager
def display() -> Iterator[dict[str, str]]:
    """Run Xvfb with openbox; yields the environment to show windows in."""
    reading, writing = os.pipe()
    words = ("Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x960x24")
    with running(*words, pass_fds=(writing,), stderr=subprocess.DEVNULL):
        number = os.read(reading, 16).decode().strip()
        environment = {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        environment.pop("WAYLAND_DISPLAY", None)
        with running("openbox", env=environment, stderr=subprocess.DEVNULL):
            yield environment


def wait_for(state: Path, fits: Callable[[State], bool], what: str, seconds: float = 120) -> State:
    """Return the state once it fits; fail after ``seconds``."""
    deadline = time.monotonic() + seconds
    seen: State = {}
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            seen = json.loads(state.read_text(encoding="utf-8"))
            if fits(seen):
                return seen
        time.sleep(0.2)
    raise SystemExit(f"not seen within {seconds} s: {what}; last state: {json.dumps(seen)[:2000]}")


@contextlib.contextmanager
def dragged(environment: dict[str, str], photo: Path) -> Iterator[None]:
    """Drag a photo from another process into the middle of the window.

    The other process lives as long as the block: the window asks it for the data after
    it has said "dropped", which only means that the window would take them.
    """
    words = (sys.executable, str(ROOT / ".ci/drag_source.py"), str(photo))

    def xdotool(*steps: str) -> None:
        subprocess.run(["xdotool", *steps], env=environment, check=True)

    with running(*words, env=environment, stdout=subprocess.PIPE) as source:
        xdotool("search", "--sync", "--onlyvisible", "--name", "drag source")
        time.sleep(1)
        xdotool("mousemove", "1500", "900", "mousedown", "1")
        for x, y in ((1490, 890), (1480, 880), (1000, 600), (700, 500), (640, 460), (630, 450)):
            xdotool("mousemove", str(x), str(y))
            time.sleep(0.25)
        xdotool("mouseup", "1")
        assert source.stdout is not None
        answer = source.stdout.readline().strip()
        if answer != "dropped":
            raise SystemExit(f"the window did not take the drop: {answer!r}")
        yield


def explained(state: State, name: str = "") -> bool:
    """Whether the photo of that name (any, if empty) is shown and nothing computes."""
    scene = state.get("scene") or {}
    return bool(scene) and not state.get("busy") and name in ("", scene["image_name"])


def check_views(state: State) -> None:
    """Check that every view shows the same photo, the scene's."""
    if set(state["views"].values()) != {state["scene"]["image"]}:
        raise SystemExit(f"the views show different photos: {state['views']}")


def main() -> None:
    """Check the first photo, a drop from another process, and a clean end."""
    with tempfile.TemporaryDirectory() as folder, display() as environment:
        state, photo = Path(folder) / "state.json", Path(folder) / "dropped photo.jpg"
        sample = sorted((ROOT / "assets/samples").glob("*.jpg"))[-1]
        photo.write_bytes(recompressed(sample))
        environment["INCEPTION_VIEWER_SETTINGS"] = str(Path(folder) / "settings.ini")
        words = (sys.executable, str(ROOT / "app.py"), "--state-json", str(state))
        with running(*words, env=environment, cwd=folder) as window:
            first = wait_for(state, explained, "start")
            print("the window explains", first["scene"]["image_name"], "-", first["headline"])
            check_views(first)
            if first["seconds_since_drop"] is not None:
                raise SystemExit(f"no drop yet, but {first['seconds_since_drop']} s since one")
            with dragged(environment, photo):
                after = wait_for(state, lambda s: explained(s, photo.name), "the dropped photo")
            seconds = after["seconds_since_drop"]
            print("dropped from another process:", after["headline"], f"({seconds:.2f} s)")
            check_views(after)
            if after["scene"]["image"] == first["scene"]["image"] or not 0 < seconds < 60:
                raise SystemExit(f"the drop is not told right: {json.dumps(after)[:2000]}")
            subprocess.run(["xdotool", "key", "ctrl+q"], env=environment, check=True)
            if window.wait(20) != 0:
                raise SystemExit(f"the window ended with {window.returncode}")
    print("the real window: 2 passed, 0 failed")


def recompressed(photo: Path) -> bytes:
    """Return a photo with other pixels than the sample's, so that it is new to the tray."""
    import io

    from PIL import Image, ImageOps

    stream = io.BytesIO()
    with Image.open(photo) as image:
        ImageOps.mirror(image.convert("RGB")).save(stream, "JPEG", quality=80)
    return stream.getvalue()


if __name__ == "__main__":
    main()
