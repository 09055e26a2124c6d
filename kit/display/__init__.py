"""What is shown: facts computed once, drawn by leaves."""
