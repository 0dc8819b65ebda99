"""Signed updates: keys, manifests and update files (docs/update.md)."""
