"""The assets an owner has: ids, names, the catalog, and lists of it."""
