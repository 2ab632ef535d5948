"""Reconstruct: from students and clusters to one network of exactly the right size."""
