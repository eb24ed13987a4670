"""How fast the program is beside what one would use instead: ``python -m benchmarks``."""
