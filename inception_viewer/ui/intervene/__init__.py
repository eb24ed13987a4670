"""The parts of intervening: the menu, the list of what is touched, the tables and curves."""
