"""From arrived bytes to a public asset, and away again: the two buckets, the publisher, and purging."""
