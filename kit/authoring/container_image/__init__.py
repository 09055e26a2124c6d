"""Making a container image for a task, of what this environment has."""
