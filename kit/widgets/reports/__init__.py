"""Live views of what kit found: reports of checks, and differences."""
