"""The network: its architecture, variants, costs and graph."""
