"""The commands that walk an application through the pipeline: `run` and its steps, `compile`."""
