"""The base of all other packages, of which it imports none: settings, AWS clients, HTTP, errors, tokens, limits."""
