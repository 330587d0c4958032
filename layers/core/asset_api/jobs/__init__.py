"""Jobs: work that ends in an asset, or in words, by a deadline."""
