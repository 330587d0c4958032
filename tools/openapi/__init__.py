"""OpenAPI 3.1 of the API, from the models and the catalogue that the functions themselves use."""
