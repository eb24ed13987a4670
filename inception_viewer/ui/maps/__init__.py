"""Parts of the feature maps view: composing, painting and naming grids of maps."""
