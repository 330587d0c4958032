"""Files imported from URLs: jobs whose output comes from any public host."""
