"""Tests of what runs inside the Rasa process: in its environment, and without TensorFlow, as there."""

from bot.without_tensorflow import leave_tensorflow_out

leave_tensorflow_out()
