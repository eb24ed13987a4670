"""Checkpoints changed at random, to see that each is read or refused and does no harm."""
