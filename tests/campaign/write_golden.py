"""Write the golden hashes anew: python tests/campaign/write_golden.py"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.campaign import same

if __name__ == "__main__":
    print(f"{same.write()} cells written to {same.GOLDEN}")
