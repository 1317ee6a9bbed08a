"""How strongly does a dense memory separate patterns by their overlap?"""

from hebbcap.separation.custom import CustomSeparation
from hebbcap.separation.exponential import Exponential
from hebbcap.separation.formula import FormulaSeparation
from hebbcap.separation.polynomial import Polynomial
from hebbcap.separation.table import DifferenceTable, Separation

__all__ = [
    "CustomSeparation",
    "DifferenceTable",
    "Exponential",
    "FormulaSeparation",
    "Polynomial",
    "Separation",
]
