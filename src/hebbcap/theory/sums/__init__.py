"""Sums of independent copies: how likely is one to fall below a limit, however rare that is?"""
