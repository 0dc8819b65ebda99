"""Training: Keras made quiet and repeatable, the networks that several applications share, what they learn from."""
