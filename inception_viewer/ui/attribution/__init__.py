"""Parts of the attribution view: the form, the colours, the panes, the words, the export."""
