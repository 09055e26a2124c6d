"""The live view of a task: ``kit.preview``."""
