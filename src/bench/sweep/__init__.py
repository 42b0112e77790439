"""Sweeps: many cells from one command line, shared by any number of processes. No torch."""
