"""The same run in several places: what it came to in each, and where they disagree."""
