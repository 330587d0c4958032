"""Development tools, run by people and by `make lint`; nothing here is deployed."""
