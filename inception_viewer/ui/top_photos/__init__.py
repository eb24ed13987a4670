"""What excites a channel most, in an indexed folder: the inspector's tiles, and the indexing."""
