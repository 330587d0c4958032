"""Smaller images, and frames of videos: made from published bytes when first asked for, and kept beside them."""
