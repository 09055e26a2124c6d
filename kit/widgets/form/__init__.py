"""Forms as widgets."""
