"""The parts of the network view: layout, viewport, texts, keys, thumbnails, painting."""
