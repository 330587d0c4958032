"""`make smoke`: what a deployment promises, tried from outside and told line by line."""
