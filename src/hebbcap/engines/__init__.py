"""Engines: one protocol, several arithmetics that give the same whole numbers."""

from hebbcap.engines.choice import NAMES, engine, get, use_engine
from hebbcap.engines.protocol import Engine, Held

__all__ = ["NAMES", "Engine", "Held", "engine", "get", "use_engine"]
