"""Parts of the window behind Analyse > Evaluate on a folder…."""
