"""The base of all other packages, none of which it imports: settings, AWS clients, HTTP, errors, tokens, limits."""
