"""`python -m command`: the same as `vera`."""

from command.cli import main

if __name__ == "__main__":
    main()
