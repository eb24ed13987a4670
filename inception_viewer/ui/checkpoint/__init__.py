"""The parts of the card that tells what a checkpoint is."""
