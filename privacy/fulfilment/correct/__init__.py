"""Correct, and the way back."""
