"""Random bits that are counted, not carried on: any block of them can be made alone."""
