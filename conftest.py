"""Which modules can't be collected here?"""

from importlib.util import find_spec

# PyTorch is optional: without it, the engine's own examples can't run.
collect_ignore_glob = [] if find_spec("torch") else ["src/hebbcap/engines/torch*"]
