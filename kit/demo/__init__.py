"""What ``kit demo`` and the tutorials run: data, and a task type that queries it."""
