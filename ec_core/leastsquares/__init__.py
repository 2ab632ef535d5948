"""Least squares for batches of networks: products, Gauss-Newton, Levenberg-Marquardt."""
