"""Random networks, compiled, against TensorFlow Lite Micro: every layer, byte for byte (see docs/compiler.md).

networks.py   draws networks and writes them as .tflite; a new operator or type is a function there
batch.py      compiles many at once and runs them on this computer
fuzz.py       compares, counts, and makes a failing network small
"""
