"""Compact text diffusion: processes, denoisers, samplers, one denoising loop, one training loop."""
