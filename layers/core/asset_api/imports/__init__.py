"""Imports: jobs that fetch a file from any public host."""
