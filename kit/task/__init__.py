"""Tasks: their definition, their calls, and the workflows they are nodes of."""
