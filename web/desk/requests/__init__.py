"""Requests, tasks and figures at the desk: their pages. Every page works without JavaScript."""
