"""The window: views of signals and setters, and the controller that joins them."""
