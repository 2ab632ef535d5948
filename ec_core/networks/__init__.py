"""Networks, their activations and symmetries; reading and writing them."""
