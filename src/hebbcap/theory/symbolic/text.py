"""How is the derivation of a formula written for a terminal?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hebbcap.theory.symbolic.noise import symbols

if TYPE_CHECKING:
    from hebbcap.theory.symbolic.derivation import Formula


def derivation_text(made: Formula) -> str:
    """Return signal, noise by part, capacity and its limit for large D, one a line."""
    lines = [
        f"{made.memory} on {made.patterns} patterns, threshold {made.threshold}",
        "D neurons, K patterns, z = Q^-1(p) for the bit error p",
        "",
        f"{'signal':<20}{made.signal}",
        "noise",
        *(f"  {name:<18}{part}" for name, part in made.noise.items()),
    ]
    own, slope, constant = (made.put(part) for part in made.derivation.parabola)
    if constant == 0:
        lines += ["capacity", f"  {'K':<18}{made.capacity}"]
    else:
        n = made.put(symbols()[0]) - 1
        lines += [
            "capacity, by noise = N (A + B M + C M**2) with N = D - 1 and M = K - 1",
            *(f"  {name:<18}{part}" for name, part in (("A", own), ("B", slope), ("C", constant))),
            f"  {'E':<18}{made.signal**2 / (n * made.put(symbols()[2]) ** 2) - own}",
            f"  {'K':<18}1 + 2*E/(B + sqrt(B**2 + 4*C*E))",
        ]
    lines += ["for large D", *(f"  {name:<18}{part}" for name, part in made.asymptotic.items())]
    return "\n".join(lines)
