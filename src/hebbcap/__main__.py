"""Start the command line: `hebbcap`, or `python -m hebbcap`.

Nothing is imported before the interrupt is watched for, so that Ctrl-C never shows a traceback.
"""


def main() -> None:
    """Run the command line and exit: 0 done, 2 bad usage, 130 interrupted."""
    import sys

    try:
        from hebbcap.cli import run

        code = run(sys.argv[1:])
    except BaseException as error:
        if not _interrupted(error):
            raise
        sys.stderr.write("hebbcap: interrupted\n")
        code = 130
    sys.exit(code)


def _interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind this error: extension modules wrap it while they are being loaded."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


if __name__ == "__main__":
    main()
