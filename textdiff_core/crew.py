"""Who computes a batch: this process alone, or several that `accelerate launch` (or torchrun) started.

The training loop speaks to one interface. Communication is the `accelerate` library's; it is imported only in a
process that was started that way.
"""

from __future__ import annotations

import functools
import os
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

STARTED = ("ACCELERATE_MIXED_PRECISION", "WORLD_SIZE")  # set by `accelerate launch` and torchrun


class Alone:
    """One process does everything.

    Attributes:
        rank, num: this process's number from 0, and how many there are.   device: where it computes.
        scales: the gradient is scaled for float16, so that one that is not finite is nothing unusual.
    """

    rank, num, scales = 0, 1, False

    @property
    def device(self) -> torch.device:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")

    def prepare(
        self, learner: nn.Module, optimizers: list[torch.optim.Optimizer]
    ) -> tuple[nn.Module, list[torch.optim.Optimizer]]:
        """What to call instead of the learner and its optimizers."""
        return learner, optimizers

    def more(self, learner: nn.Module) -> AbstractContextManager[Any]:
        """Context of a part that others of this process follow within the step."""
        return nullcontext()

    def precision(self, device: torch.device) -> AbstractContextManager[Any]:
        """Context of the forward pass."""
        return precision(device)

    def backward(self, objective: Tensor) -> None:
        """Adds the objective's gradient to the weights'."""
        objective.backward()

    def clip(self, learner: nn.Module, largest: float) -> Tensor:
        """The gradient's norm, which is then at most `largest`."""
        return nn.utils.clip_grad_norm_(learner.parameters(), largest)

    def mean(self, values: Tensor) -> list[float]:
        """The values (K,), averaged over the processes."""
        return list(values.tolist())

    def any(self, flag: bool) -> bool:
        """Whether the flag is set in any process."""
        return flag


class Several(Alone):
    """Several processes, or one with the mixed precision that was asked for, by the `accelerate` library."""

    def __init__(self) -> None:
        try:
            from accelerate import Accelerator, DistributedDataParallelKwargs
        except ImportError:
            raise ValueError(
                "several processes need the package accelerate: pip install -r requirements-train.txt"
            ) from None
        # Some weights are asked in some batches only (a Gaussian network's own first answer).
        self.accelerator = Accelerator(
            cpu=not torch.accelerator.is_available(),
            kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
        )
        self.rank, self.num = self.accelerator.process_index, self.accelerator.num_processes
        self.scales = self.accelerator.scaler is not None

    @property
    def device(self) -> torch.device:
        return self.accelerator.device

    def prepare(
        self, learner: nn.Module, optimizers: list[torch.optim.Optimizer]
    ) -> tuple[nn.Module, list[torch.optim.Optimizer]]:
        first, *rest = self.accelerator.prepare(learner, *optimizers)
        return first, list(rest)

    def more(self, learner: nn.Module) -> AbstractContextManager[Any]:
        return self.accelerator.no_sync(learner)

    def precision(self, device: torch.device) -> AbstractContextManager[Any]:
        return nullcontext()  # `prepare` has seen to it

    def backward(self, objective: Tensor) -> None:
        self.accelerator.backward(objective)

    def clip(self, learner: nn.Module, largest: float) -> Tensor:
        norm = self.accelerator.clip_grad_norm_(learner.parameters(), largest)
        return torch.as_tensor(norm)

    def mean(self, values: Tensor) -> list[float]:
        return list(self.accelerator.reduce(values, "mean").tolist())

    def any(self, flag: bool) -> bool:
        if flag:
            self.accelerator.set_trigger()
        return bool(self.accelerator.check_trigger())


@functools.cache
def crew() -> Alone:
    """This process's crew, by how it was started.

    Raises:   ValueError: it was started as one of several, and `accelerate` is not installed.
    """
    return Several() if any(name in os.environ for name in STARTED) else Alone()


def precision(device: torch.device) -> AbstractContextManager[Any]:
    """bfloat16 autocast where the device computes in it, else nothing."""
    fast = torch.cuda.is_bf16_supported() if device.type == "cuda" else _cpu_has_bf16()
    return torch.autocast(device.type, torch.bfloat16) if fast else nullcontext()


def attention(device: torch.device) -> AbstractContextManager[Any]:
    """On a CPU, plain matrix products for attention: at tens of cells twice as fast as the fused kernel,
    whose backward pass took a third of a training step (measured on two cores, canvas 48)."""
    return sdpa_kernel(SDPBackend.MATH) if device.type == "cpu" else nullcontext()


def _cpu_has_bf16() -> bool:
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
