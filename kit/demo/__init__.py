"""The demonstration: real data, and a task type made for it."""
