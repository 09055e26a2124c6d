"""What an author does with a task: define it as one function."""
