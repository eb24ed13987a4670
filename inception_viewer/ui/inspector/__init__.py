"""Parts of the inspector: what the network sees, one channel, its figures."""
