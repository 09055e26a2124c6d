"""The sections of a task's view, each a function of what is known of its template."""
