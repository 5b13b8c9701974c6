"""The process border: one spawned child a device runs the engine, so that what breaks there breaks there alone."""
