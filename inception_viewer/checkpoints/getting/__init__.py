"""Getting a published checkpoint: download, resume, verify, put in place."""
