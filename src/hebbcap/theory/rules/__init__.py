"""Additive local rules: their parts, the noise that each one makes, and the best of them."""
