"""`python -m ml profile`: instructions and estimated Cortex-M4 cycles of a compiled model, layer by layer."""
