"""The live view of outputs: tables by the page, files to take along."""
