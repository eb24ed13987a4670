"""Parts of the window behind Analyse > Test concepts…."""
