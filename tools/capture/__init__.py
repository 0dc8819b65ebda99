"""What tools/collect.py adds to ml/capture: keys, screens and scripts at a terminal, and a bench with a faulty line."""
