"""The way of arrived bytes to a public asset, and away again: the two buckets, the publisher, deletes and purging."""
