"""From code in a notebook to code that a container can load."""
