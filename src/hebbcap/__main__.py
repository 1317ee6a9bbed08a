"""Run the command line as `python -m hebbcap`."""

from hebbcap.cli import main

if __name__ == "__main__":
    main()
