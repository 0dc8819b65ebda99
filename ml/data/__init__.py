"""Recordings in, by subject: reading, checking, splitting, augmenting, and synthesis where there are none."""
