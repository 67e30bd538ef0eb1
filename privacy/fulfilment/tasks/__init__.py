"""What only a person can do: asked once, answered with words and files."""
