"""Starting and ending for real: subprocesses with manipulated surroundings."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from inception_viewer import launch, preflight

ROOT = Path(__file__).resolve().parent.parent
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has these")


def start(
    *arguments: str, python: tuple[str, ...] = (), **environ: str
) -> subprocess.CompletedProcess:
    """Run app.py without the display of this session."""
    plain = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    plain.pop("QT_QPA_PLATFORM", None)
    return subprocess.run(
        [sys.executable, *python, str(ROOT / "app.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**plain, **environ},
        check=False,
    )


def run_script(body: str, *arguments: str) -> subprocess.CompletedProcess:
    """Run a script that opens the window on the offscreen platform."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(body), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        check=False,
    )


@LINUX
def test_without_a_display_it_says_so_and_points_to_report() -> None:
    done = start()
    assert done.returncode == 2
    assert "there is no display" in done.stderr
    assert "inception-viewer report" in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@LINUX
@pytest.mark.parametrize("display", [":9731", "127.0.0.1:987", "nonsense"])
def test_a_display_that_does_not_answer_is_named(display: str) -> None:
    done = start(DISPLAY=display)
    assert done.returncode == 2
    assert f"“{display}” does not answer" in done.stderr
    assert "qt.qpa" not in done.stderr  # found before Qt


@LINUX
@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb")
def test_a_server_without_other_clients_is_still_there_after_the_check() -> None:
    """Xvfb resets itself when its last client goes; the check must not make it refuse Qt."""
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "640x480x24"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    try:
        display = f":{server.stdout.readline().strip()}"
        script = (
            "import os; from inception_viewer import preflight; found = preflight.problem();"
            "from PySide6.QtGui import QGuiApplication; app = QGuiApplication([]);"
            "print(repr(found), app.platformName())"
        )
        environ = {k: v for k, v in os.environ.items() if k != "QT_QPA_PLATFORM"}
        for _ in range(5):
            done = subprocess.run(
                [sys.executable, "-c", script],
                capture_output=True,
                text=True,
                timeout=60,
                cwd=ROOT,
                env={**environ, "DISPLAY": display},
                check=False,
            )
            assert done.stdout == "'' xcb\n", done.stderr
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()


@LINUX
def test_a_wayland_display_that_does_not_answer_is_named(tmp_path: Path) -> None:
    done = start(WAYLAND_DISPLAY="wayland-7", XDG_RUNTIME_DIR=str(tmp_path))
    assert done.returncode == 2
    assert "Wayland display “wayland-7” does not answer" in done.stderr


@LINUX
def test_missing_system_libraries_are_named_with_the_line_to_run(tmp_path: Path) -> None:
    for name in ("libxcb-cursor.so.0", "libxkbcommon-x11.so.0"):
        (tmp_path / name).write_bytes(b"")  # found first, and cannot be loaded
    done = start(LD_LIBRARY_PATH=str(tmp_path), DISPLAY=":9731")
    assert done.returncode == 2
    assert "sudo apt-get install libxcb-cursor0 libxkbcommon-x11-0\n" in done.stderr


@LINUX
def test_the_xcb_libraries_do_not_matter_without_xcb() -> None:
    missing = {"libxcb-no-such-thing.so.9": "libxcb-no-such-thing9"}
    assert "libxcb-no-such-thing9" in preflight.missing_libraries(missing)
    assert preflight.problem({"QT_QPA_PLATFORM": "offscreen"}) == ""
    assert preflight.qt_platform({"QT_QPA_PLATFORM": "vnc:size=10x10"}) == "vnc"
    assert preflight.qt_platform({"DISPLAY": ":0"}) == "xcb"


def test_missing_packages_are_named_before_anything_is_imported() -> None:
    done = start(python=("-S",), QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 2
    for name in ("PySide6", "torch", "numpy", "pillow"):
        assert name in done.stderr
    assert "pip install" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_line_is_explained() -> None:
    done = start("--help")
    assert done.returncode == 0
    for option in ("--checkpoint", "--device", "--state-json", "--theme"):
        assert option in done.stdout
    assert launch.parser().parse_args(["a.jpg", "b.jpg"]).images == ["a.jpg", "b.jpg"]


FIRST_PAINT = """
    import json, sys
    from inception_viewer import launch
    from inception_viewer.ui import application
    app = application.make_application()
    options = launch.parser().parse_args(["--settings", sys.argv[1]])
    controller = application.open_window(options)
    window = controller.window
    window.first_painted.disconnect(controller.start)
    def painted():
        heavy = ("torch", "torchvision", "captum", "matplotlib", "pyqtgraph", "scipy", "skimage",
                 "inception_viewer.ui.lab_view", "inception_viewer.ui.lab_running")
        print(json.dumps({
            "heavy": [name for name in heavy if name in sys.modules],
            "docks": [dock.isVisible() for dock in window.docks.values()],
            "menus": [action.text() for action in window.menus.actions()],
            "headline": window.headline.sentence,
            "sentences": [view.empty.sentence.text() for view in window.views.values()],
        }))
        app.exit(0)
    window.first_painted.connect(painted)
    app.exec()
    controller.close()
"""


def test_the_first_paint_comes_before_torch_and_shows_the_whole_window(tmp_path: Path) -> None:
    done = run_script(FIRST_PAINT, str(tmp_path / "settings.ini"))
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["heavy"] == []
    assert seen["docks"] == [True] * 4
    assert [name.strip("&") for name in seen["menus"]] == [
        "File", "Edit", "Checkpoint", "View", "Analyse", "Help",
    ]  # fmt: skip
    assert seen["headline"] == "Loading PyTorch…"
    assert set(seen["sentences"]) == {"Loading PyTorch…"}


CLOSE_WHILE_BUSY = """
    import sys, threading, time
    from PySide6.QtCore import QTimer
    from PySide6.QtGui import QGuiApplication
    from inception_viewer import launch
    from inception_viewer.questions import WarmUp
    from inception_viewer.ui import application

    busy = threading.Event()

    def answer(question, lab, progress):
        busy.set()
        deadline = time.monotonic() + 0.4  # a forward: it cannot be interrupted
        while time.monotonic() < deadline:
            sum(range(10_000))
        progress(1.0)

    opened = application.open_window
    def open_window(options):
        controller = opened(options, lambda: (answer, None))
        def close():
            if not busy.is_set():
                return
            timer.stop()
            started = time.perf_counter()
            controller.window.close()
            print("closed", time.perf_counter() - started, controller.window.isVisible())
        timer = QTimer(controller.window, interval=5)
        timer.timeout.connect(close)
        timer.start()
        return controller
    application.open_window = open_window
    code = application.run(launch.parser().parse_args(["--settings", sys.argv[1]]))
    left = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
    print("left", left)
    sys.exit(code)
"""


def test_closing_in_the_middle_of_a_forward_is_clean(tmp_path: Path) -> None:
    done = run_script(CLOSE_WHILE_BUSY, str(tmp_path / "settings.ini"))
    assert (done.returncode, done.stderr.replace(PROPAGATE, "").strip()) == (0, "")
    closed, left = done.stdout.strip().splitlines()
    word, seconds, visible = closed.split()
    assert (word, visible, left) == ("closed", "False", "left []")
    assert float(seconds) < 0.3


PROPAGATE = "This plugin does not support propagateSizeHints()\n"

CLOSE_WHILE_LOADING = """
    import sys, time
    from PySide6.QtCore import QTimer
    from inception_viewer import launch
    from inception_viewer.ui import application
    opened = application.open_window
    def open_window(options):
        controller = opened(options)
        controller.window.first_painted.connect(
            lambda: QTimer.singleShot(150, controller.window.close)
        )
        return controller
    application.open_window = open_window
    sys.exit(application.run(launch.parser().parse_args(["--settings", sys.argv[1]])))
"""


def test_closing_while_torch_loads_is_clean(tmp_path: Path) -> None:
    done = run_script(CLOSE_WHILE_LOADING, str(tmp_path / "settings.ini"))
    assert (done.returncode, done.stderr.replace(PROPAGATE, "").strip()) == (0, "")
