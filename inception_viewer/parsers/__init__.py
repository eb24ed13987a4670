"""What each command takes on its command line; torch is not imported."""
