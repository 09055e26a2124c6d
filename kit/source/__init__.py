"""The source of what was written in cells, and how an executor ships."""
