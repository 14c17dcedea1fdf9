"""Tunes models of the Llama family: LoRA by SFT or DPO, in JAX. See `python/README.md`."""
