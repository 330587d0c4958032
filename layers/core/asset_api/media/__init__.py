"""Files by their bytes: type, dimensions, and what of them is published. Knows nothing of AWS."""
