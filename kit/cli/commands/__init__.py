"""The commands of ``kit``: each module here is one, and its ``command`` is loaded."""
