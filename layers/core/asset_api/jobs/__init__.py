"""Jobs: asynchronous work that ends by a deadline, with a result or an error message."""
