"""Vera's own NLU components, named by module path in config.yml."""
