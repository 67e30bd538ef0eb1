"""The crash matrix: every right is carried out by the real Vera, which is killed at every crash point and restarted."""
