"""Records of runs: their schema, their files, and where numbers came from. No torch."""
