"""`python -m ml convert`: models of other frameworks to an integer `.tflite`, judged by their own answers."""
