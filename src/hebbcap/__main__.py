"""Start the command line: `hebbcap`, or `python -m hebbcap`.

Nothing is imported before signals are watched for, so that Ctrl-C never shows a traceback.
"""


def main() -> None:
    """Run the command line and exit: 0 done, 2 bad usage, 130 interrupted, 143 terminated."""
    import sys

    from hebbcap import _interrupt

    code = None
    try:
        _interrupt.watch()

        from hebbcap.cli import run

        code = run(sys.argv[1:])
        _interrupt.finish()
    except BaseException:
        # Whatever came of the signal: libraries turn KeyboardInterrupt into errors of their own.
        if _interrupt.seen() is None:
            raise
    sys.exit(_interrupt.seen() or code)


if __name__ == "__main__":
    main()
