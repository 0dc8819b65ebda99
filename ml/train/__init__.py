"""Training: Keras made quiet and repeatable, networks that several applications share, examples to learn from."""
