"""Full collections must not hold up the window: what the imports made is passed over."""

from __future__ import annotations

import gc

import pytest

from inception_viewer.analysis import make_worker


@pytest.mark.parametrize("enabled", [True, False])
def test_what_torch_brought_is_set_aside_and_the_collector_is_as_before(enabled: bool) -> None:
    (gc.enable if enabled else gc.disable)()
    gc.unfreeze()
    try:
        make_worker()
        left = sum(gc.get_count()) + len(gc.get_objects())
        assert gc.isenabled() is enabled
        assert gc.get_freeze_count() > 100_000 > left
    finally:
        gc.enable()
