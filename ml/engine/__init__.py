"""Models on TensorFlow Lite Micro's interpreter, as the firmware's second engine: docs/tflm.md."""
