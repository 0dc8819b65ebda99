"""The MLPerf Tiny benchmark for any compiled model: build, drive, score."""
