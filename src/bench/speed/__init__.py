"""How fast a training step and the decoder are, beside HF PEFT and beside the plain equations."""
