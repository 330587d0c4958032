"""Videos made by a provider's models: jobs from the request to the published asset."""
