"""How does a memory recall that is larger than one machine?

Its patterns lie in shards, files that never change. Workers sum over them, and the sums, whole numbers, add
up to those over all patterns: so the answer is that of a memory which holds them all, to the last bit, for
any number of shards and workers, in any order.

>>> import tempfile, hebbcap
>>> folder = tempfile.TemporaryDirectory()
>>> memory = create(folder.name, hebbcap.Hopfield(), dim=6)
>>> memory = memory.append([[1, 1, -1, -1, 1, -1]]).append([[1, -1, 1, -1, 1, 1]])
>>> memory.n_shards, memory.field([1, 1, -1, -1, 1, 1])
(2, array([[ 4.,  0.,  0., -4.,  4., -4.]]))
>>> folder.cleanup()
"""

from hebbcap.sharded.memory import ShardedMemory, create, open
from hebbcap.sharded.shards import Shard

__all__ = ["Shard", "ShardedMemory", "create", "open"]
