"""Stand-ins for the services that the API depends on, for development and tests."""
