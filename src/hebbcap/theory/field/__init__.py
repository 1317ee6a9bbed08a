"""The local field of a pairwise memory, cue and flips included: its law and its tails."""
