"""Applications whose firmware has a classical model."""

PRODUCTS = {"gesture_classical": "gesture_recognition"}  # and the application whose windows each takes
