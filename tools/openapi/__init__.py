"""The API's OpenAPI 3.1 document, generated from the models and errors that the functions use."""
