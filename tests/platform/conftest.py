from tests.platform.bench import bench  # noqa: F401  (a fixture)
