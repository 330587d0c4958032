"""Uploads: presigned forms, uploads in parts, and files sent directly."""
