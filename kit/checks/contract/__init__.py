"""What an executor reads of ``tt.custom``, and what it gets."""
