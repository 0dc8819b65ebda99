"""The shelf of boards that rig.toml describes (docs/rig.md), and where each is now."""
