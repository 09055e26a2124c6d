"""The golden vectors, and the interpreter that runs them through kit or flytekit."""
