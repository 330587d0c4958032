"""`make smoke`: checks of a deployment from outside, reported line by line."""
