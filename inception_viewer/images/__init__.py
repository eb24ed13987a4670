"""Photos: from files, folders and bytes to pixels, and from pixels to a network's input."""
