"""Smaller images, and frames of videos: made from published bytes when first requested, and stored beside them."""
