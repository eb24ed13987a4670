"""Fitting auxiliary heads: the dialog's parts and words, and the process that does it."""
