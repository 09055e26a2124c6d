"""Which keys of ``tt.custom`` executors read: by their source, and in a run."""
