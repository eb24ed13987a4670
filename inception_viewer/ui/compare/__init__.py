"""Parts of the Compare tab: photos, branches, groups of photos and checkpoints side by side."""
