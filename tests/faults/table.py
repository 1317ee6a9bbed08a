"""What does a row of the table of faults say?"""

from typing import NamedTuple


class Row(NamedTuple):
    """One kind of fault: how often it was tried and survived, and the worst that was seen.

    `tried` of None says that this machine can't make the fault; the remark says why.
    """

    what: str
    tried: int | None
    survived: int
    worst: str
    remark: str

    @property
    def failed(self):
        """Whether a fault was not survived."""
        return self.tried is not None and self.survived != self.tried


def shown(rows):
    """Return the rows as a table of text."""
    head = ("fault", "tried", "survived", "worst", "remark")
    lines = [head] + [
        (row.what, "-" if row.tried is None else f"{row.tried:,}", f"{row.survived:,}", row.worst, row.remark)
        for row in rows
    ]
    widths = [max(len(line[i]) for line in lines) for i in range(4)]
    return "\n".join(
        "  ".join(
            [
                line[0].ljust(widths[0]),
                line[1].rjust(widths[1]),
                line[2].rjust(widths[2]),
                line[3].ljust(widths[3]),
                line[4],
            ]
        ).rstrip()
        for line in lines
    )
