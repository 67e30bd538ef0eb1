"""Requests and tasks at the desk: what is read there, and every verb that a person has."""
