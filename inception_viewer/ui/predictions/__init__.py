"""Parts of the predictions view: which rows, which words, and the painted table."""
