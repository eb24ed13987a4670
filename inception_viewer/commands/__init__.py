"""Commands of the command line that ask one long question; all but ``get`` import torch."""
