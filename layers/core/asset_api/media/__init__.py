"""Content of files: type, dimensions and personal metadata. Knows nothing of AWS."""
