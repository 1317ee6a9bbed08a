"""Formulas: the capacity derived symbolically, as SymPy, text and LaTeX."""
