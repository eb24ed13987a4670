"""Store what TensorFlow itself makes of the graphs of :mod:`tensorflow_files`.

TensorFlow is no dependency of the tests; this is run by hand, in an environment of its own,
when the graphs change::

    python -m venv tf && tf/bin/pip install tensorflow-cpu
    tf/bin/python tests/store_tensorflow.py

It writes ``tests/stored/inception5h_tensorflow.npz``: per input size the digests of all
units, one after the other, each unit's count of numbers and its shape.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf  # type: ignore[import-not-found]
import tensorflow_files as files

STORED = Path(__file__).parent / "stored" / "inception5h_tensorflow.npz"


def run(content: bytes, pixels: files.Array) -> dict[str, files.Array]:
    """Every unit's activation, (channels, height, width) or (features,), by TensorFlow."""
    definition = tf.compat.v1.GraphDef.FromString(content)
    units = files.nodes_of_units()
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(definition, name="")
        with tf.compat.v1.Session(graph=graph) as session:
            fetches = {unit: f"{node}:0" for unit, node in units.items()}
            found = session.run(fetches, {"input:0": pixels[None] - 117})
    return {
        unit: value[0].transpose(2, 0, 1) if value.ndim == 4 else value[0]
        for unit, value in found.items()
    }


def main() -> None:
    weights = files.weights(files.SEED)
    stored: dict[str, files.Array] = {"units": np.array(list(files.nodes_of_units()))}
    for size in files.SIZES:
        found = run(files.graph(weights, files.final_window(*size)), files.picture(*size))
        digests = [files.digest(value) for value in found.values()]
        name = "x".join(map(str, size))
        stored[name] = np.concatenate(digests)
        stored[f"{name}_lengths"] = np.array([len(part) for part in digests])
        shapes = [(*value.shape, 1, 1)[:3] for value in found.values()]
        stored[f"{name}_shapes"] = np.array(shapes)
    STORED.parent.mkdir(exist_ok=True)
    np.savez_compressed(STORED, **stored)
    print(f"{STORED}: {STORED.stat().st_size:,} bytes, TensorFlow {tf.__version__}")


if __name__ == "__main__":
    main()
