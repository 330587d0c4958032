"""Generations: jobs in which a provider's model makes a video, from the request to the published asset."""
