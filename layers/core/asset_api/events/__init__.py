"""Events: changes of the assets table, sent to webhook receivers and an event bus."""
