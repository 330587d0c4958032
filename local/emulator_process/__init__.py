"""MiniStack in a process of its own, patched in memory where its settings are not enough."""
