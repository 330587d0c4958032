"""Publication of uploaded bytes, and their removal: the two buckets, the publisher, changes, deletes and purging."""
