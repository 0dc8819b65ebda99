"""Nodes that do not exist, and what a gateway hands on to: for tools/fleet.py."""
