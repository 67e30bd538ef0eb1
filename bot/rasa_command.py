"""Rasa's own command line (`train`, `data validate` …) without the ten seconds that TensorFlow takes to import."""

import sys

from bot.without_tensorflow import leave_tensorflow_out


def main() -> None:
    """What `python -m rasa` does."""
    leave_tensorflow_out()
    from rasa.__main__ import main as rasa_main

    sys.argv[0] = "rasa"
    rasa_main()


if __name__ == "__main__":
    main()
