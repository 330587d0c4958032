"""Erasure of owners: jobs that delete everything an owner had when the erasure was requested."""
