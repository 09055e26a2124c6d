"""``kit.run`` and the runs of a session: started, watched, kept, compared."""
