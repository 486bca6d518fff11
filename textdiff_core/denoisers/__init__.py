"""Denoisers: modules that map (state_t, t) to logits over the vocabulary for every cell."""
