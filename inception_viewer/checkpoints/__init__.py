"""Checkpoint files of every dialect in, :class:`~.weights.Weights` out."""
