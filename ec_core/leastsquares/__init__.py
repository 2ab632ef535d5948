"""Nonlinear least squares for a batch of networks of one shape; knows no students, no teacher.

A method is a direction times a step times a choice by memory:

- ``problem``: what is fitted; ``loss``: its value
- ``gauss_newton`` forms J'J, ``normal_equations`` adds gradient and loss, ``cholesky`` solves them
- ``products`` applies J'J without forming it, ``kronecker`` inverts it nearly,
  ``conjugate_gradients`` solves with both: ``truncated_newton``
- ``geodesic`` bends either direction; ``levenberg_marquardt`` decides how far to go
- ``memory`` says which of the two directions fits, ``stepping`` takes it
"""
