"""The rules, each a small function, in files by the part of the message."""
