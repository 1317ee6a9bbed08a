"""Memories that fail in every way, to see what becomes of a campaign with them; nothing is tested here."""

import ctypes
import os
import signal
import sys
import time

import numpy as np

import hebbcap

WORST = 7
"""The number of patterns at which they fail."""


def keep(patterns):
    return np.asarray(patterns)


def fails(kept, cues):
    return _at_worst(kept, cues, _fail)


def exits(kept, cues):
    return _at_worst(kept, cues, lambda: os._exit(3))


def leaves(kept, cues):
    return _at_worst(kept, cues, lambda: sys.exit(3))


def crashes(kept, cues):
    return _at_worst(kept, cues, lambda: ctypes.string_at(0))


def kills(kept, cues):
    return _at_worst(kept, cues, lambda: os.kill(os.getpid(), signal.SIGKILL))


def starves(kept, cues):
    return _at_worst(kept, cues, lambda: np.ones(10**18))


def hangs(kept, cues):
    return _at_worst(kept, cues, lambda: time.sleep(3600))


def gives_nan(kept, cues):
    return cues * np.nan if len(kept) == WORST else cues


class Odd(Exception):
    """An error that can't be made again from what it was pickled as."""

    def __init__(self, one, two):
        super().__init__(one)


def raises_odd(kept, cues):
    return _at_worst(kept, cues, _raise_odd)


def _at_worst(kept, cues, action):
    if len(kept) == WORST:
        action()
    return cues


def _fail():
    raise ArithmeticError("it broke\nin two lines")


def _raise_odd():
    raise Odd("one", "two")


def campaign(recall):
    """Return a plan in which one cell of four fails."""
    memory = hebbcap.own(keep, recall, name=recall.__name__)
    return hebbcap.campaign.plan({"memory": memory, "dim": 20, "n_patterns": [5, 6, 7, 8]}, trials=24)
