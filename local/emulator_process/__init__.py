"""MiniStack in a process of its own, adjusted in memory where its settings do not reach."""
