"""`python -m mergec`."""

from mergec.cli.app import main

if __name__ == "__main__":
    main()
