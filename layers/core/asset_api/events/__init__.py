"""Events: the changes of the assets table, sent to whoever listens."""
