"""Functions of tensors that the equations of methods are made of. Torch lives here."""
