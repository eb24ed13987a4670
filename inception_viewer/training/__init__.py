"""The paper's training recipe, as used for the demo checkpoint."""
