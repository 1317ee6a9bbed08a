import pytest
from hypothesis import settings

from hebbcap import cli

# Machines differ in speed, and a slow one is no failure of the claim.
settings.register_profile("hebbcap", deadline=None)
settings.load_profile("hebbcap")


@pytest.fixture
def run(capsys):
    """Run the command line in this process; return (exit code, standard output, standard error)."""

    def call(*arguments):
        code = cli.run([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call
