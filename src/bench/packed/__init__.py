"""Packed sweeps: many runs train together on one copy of a frozen base model.

Each run keeps its own data order, adapter, optimizer, plugins, checkpoints and record. Only the
forward and backward pass is joint:

    rows of run 1 … K  (K, b, L)  ►  frozen maps: all K·b rows at once
                                     updates: each on its own b rows  ►  loss 1 … K

Adapters are disjoint, so that the gradient of the sum of the losses is each run's own.
"""
