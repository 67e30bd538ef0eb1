"""Files that are never readable on disk: packages, what they are made from, what persons attached."""
