"""What is shown of a task's template, one section to a module."""
