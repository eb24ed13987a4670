"""What hinders the window, found before Qt is loaded: Qt would abort the process.

Qt's xcb plugin ends the process when a system library or the display is missing.
Each check returns one message with the line that helps, or ``""``. Standard library
only.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import socket
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

PACKAGES = (
    "PySide6",
    "torch",
    "torchvision",
    "numpy",
    "PIL",
    "captum",
    "pyqtgraph",
    "scipy",
    "safetensors",
    "psygnal",
    "cmap",
    "platformdirs",
    "pooch",
    "requests",
    "filelock",
)
"""What the program imports sooner or later; names as imported."""

GUI_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libX11.so.6": "libx11-6",
}
"""What QtGui itself is linked with, and the Debian package that holds it."""

XCB_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libX11-xcb.so.1": "libx11-xcb1",
}
"""What Qt's X11 plugin is linked with besides."""

DISPLAY_SECONDS = 2.0
NO_DISPLAY_HINT = (
    "Without one, `inception-viewer report IMAGE --out DIR` writes the same results as files."
)


def problem(environ: Mapping[str, str] | None = None) -> str:
    """Return why the window cannot be opened and what helps, or ``""`` if it can."""
    environ = os.environ if environ is None else environ
    message = missing_packages(PACKAGES)
    if message or not sys.platform.startswith("linux"):
        return message
    platform = qt_platform(environ)
    libraries = {**GUI_LIBRARIES, **(XCB_LIBRARIES if platform in ("xcb", "") else {})}
    found = (missing_libraries(libraries), unreachable_display(platform, environ))
    return "\nBesides, ".join(message for message in found if message)


def missing_packages(names: Iterable[str]) -> str:
    """Say which Python packages are not installed; nothing is imported."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if not missing:
        return ""
    projects = ["pillow" if name == "PIL" else name for name in missing]
    several = "packages are" if len(missing) > 1 else "package is"
    return (
        f"the Python {several} missing: {', '.join(projects)}.\n"
        f"Install with: {sys.executable} -m pip install {_what_to_install(projects)}"
    )


def _what_to_install(projects: list[str]) -> str:
    """Name the checkout where there is one: it brings the versions that fit."""
    checkout = Path(__file__).resolve().parent.parent
    return f"-e {checkout}" if (checkout / "pyproject.toml").is_file() else " ".join(projects)


def qt_platform(environ: Mapping[str, str]) -> str:
    """Return the Qt platform plugin that will be tried first, ``""`` if there is none.

    Qt takes ``QT_QPA_PLATFORM``, else Wayland where ``WAYLAND_DISPLAY`` is set, else
    X11 where ``DISPLAY`` is.
    """
    asked = environ.get("QT_QPA_PLATFORM", "").split(";")[0].split(":")[0]
    if asked:
        return asked
    if environ.get("WAYLAND_DISPLAY") and not _wayland_problem(environ):
        return "wayland"
    return "xcb" if environ.get("DISPLAY") else ""


def missing_libraries(libraries: Mapping[str, str]) -> str:
    """Say which system libraries cannot be loaded, with the line that installs them."""
    missing = [name for name in libraries if not _loads(name)]
    if not missing:
        return ""
    packages = " ".join(sorted({libraries[name] for name in missing}))
    return (
        f"Qt needs system libraries that are missing: {', '.join(missing)}.\n"
        f"On Debian or Ubuntu run: sudo apt-get install {packages}\n"
        "On other systems install the packages that hold these files."
    )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def unreachable_display(platform: str, environ: Mapping[str, str]) -> str:
    """Say that there is no display, or that the one named does not answer."""
    if platform == "wayland":
        return _wayland_problem(environ)
    if platform not in ("xcb", ""):
        return ""
    display = environ.get("DISPLAY", "")
    if not display and environ.get("WAYLAND_DISPLAY"):
        return _wayland_problem(environ)
    if not display:
        return (
            "there is no display (DISPLAY and WAYLAND_DISPLAY are not set), so no window can "
            f"be opened.\n{NO_DISPLAY_HINT}"
        )
    if _answers_x11(display):
        return ""
    return (
        f"the display “{display}” does not answer (is the X server running, and may you use "
        f"it?).\n{NO_DISPLAY_HINT}"
    )


def _wayland_problem(environ: Mapping[str, str]) -> str:
    name = environ.get("WAYLAND_DISPLAY", "wayland-0")
    path = Path(environ.get("XDG_RUNTIME_DIR", "/nonexistent")) / name
    if _connects(socket.AF_UNIX, str(path)):
        return ""
    return f"the Wayland display “{name}” does not answer.\n{NO_DISPLAY_HINT}"


def _answers_x11(display: str) -> bool:
    """Whether the server takes a connection, its access control included."""
    host, _, number = display.rpartition(":")
    number = number.split(".")[0]
    if not number.isdigit():
        return False
    if host not in ("", "unix") and not _x11_socket_open(host, int(number)):
        return False  # asked first because xcb_connect would wait for minutes
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return _x11_socket_open(host, int(number))
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(display.encode(), None))
    if xcb.xcb_connection_has_error(connection):
        xcb.xcb_disconnect(connection)
        return False
    # Left open on purpose: a server such as Xvfb resets itself when its last client goes,
    # and would refuse Qt, which connects next.
    return True


def _x11_socket_open(host: str, number: int) -> bool:
    if host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"
        return _connects(socket.AF_UNIX, path) or _connects(socket.AF_UNIX, f"\0{path}")
    if host.startswith("/"):  # macOS's XQuartz names a socket's path
        return True
    return _connects(socket.AF_INET, (host, 6000 + number))


def _connects(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    try:
        if family == socket.AF_INET:
            assert isinstance(address, tuple)
            socket.create_connection(address, DISPLAY_SECONDS).close()
            return True
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            tried.settimeout(DISPLAY_SECONDS)
            tried.connect(address)
    except (OSError, UnicodeError):
        return False
    return True
