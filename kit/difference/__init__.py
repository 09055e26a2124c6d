"""What differs between two tasks, what it means, and what the backend makes of it."""
