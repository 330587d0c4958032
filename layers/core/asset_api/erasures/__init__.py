"""Erasure of owners: jobs that delete everything an owner had at a moment."""
