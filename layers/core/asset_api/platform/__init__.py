"""Settings, AWS clients, HTTP, errors, tokens, limits: what every wing stands on. Imports none of them."""
