"""The editor of how photos become the network's input."""
