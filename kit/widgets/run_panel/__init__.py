"""The panel that runs a task: ``kit.panel``."""
