"""Runners: where the container-shaped call happens."""
