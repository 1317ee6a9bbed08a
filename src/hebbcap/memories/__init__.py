"""Memories: what holds the patterns, one kind a file."""

from hebbcap.memories.catalogue import NAMES, memory
from hebbcap.memories.dense import Dense
from hebbcap.memories.hopfield import Hopfield
from hebbcap.memories.plastic import Plastic
from hebbcap.memories.protocol import Memory, Recaller, Tracker, as_patterns

__all__ = ["NAMES", "Dense", "Hopfield", "Memory", "Plastic", "Recaller", "Tracker", "as_patterns", "memory"]
