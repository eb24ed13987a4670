"""Getting published checkpoints: the words of the dialog, and what happens behind it."""
