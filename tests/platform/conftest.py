from tests.platform.bench import bench, workbench  # noqa: F401  (fixtures)
