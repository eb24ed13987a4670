"""Saving a checkpoint as one of ours."""
