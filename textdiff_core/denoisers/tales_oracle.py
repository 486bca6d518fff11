"""`TalesOracle`: the exact denoiser of the world of tales, the limit that a trained one can reach."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from textdiff_core.denoisers.oracle import evidence, leave_one_out

UNLIKE = {"B": "A", "animal2": "animal"}  # slots with the same options that never take the same one


class TalesOracle(nn.Module):
    """p(x_0^i = v | x_t without cell i) over all tales, by Bayes' rule in float64, without listing them.

    Given plot and opening (a skeleton) a tale is a set of choices that are independent, but for the second
    character being another than the first, and every cell is a function of one of them. So the posterior
    of a skeleton is a product over its choices of what the cells say for each option.

    Args:     world: a `corpora.tales.Tales`; used are its skeletons, choices, implied, ids, words, length.
              process: its `likelihood` is used.
    """

    def __init__(self, world: Any, process: Any) -> None:
        super().__init__()
        self.process, self.num_words, self.length = process, len(world.words), world.length
        self.skeletons = nn.ModuleList(Skeleton(*_tables(world, key)) for key in world.skeletons)

    @torch.no_grad()
    def forward(
        self, state: Tensor, noise: Tensor | None = None, where: Tensor | None = None, **hints: Tensor | None
    ) -> Tensor:
        """(B, L, V) float64 log-probabilities, or (K, V) for the cells in `where`. Args as `OracleDenoiser`.

        Where no tale agrees with what is visible, each cell gets the words it has over the whole language.
        """
        e = evidence(self.process, state, noise, where)
        p, total = self._sum(e)
        lost = (total == 0)[:, None, None]
        if bool(lost.any()):
            language, _ = self._sum(torch.ones_like(e[:1]))
            p, e = torch.where(lost, language, p), e.masked_fill(lost, 1.0)
        return leave_one_out(p, e, where)

    def _sum(self, e: Tensor) -> tuple[Tensor, Tensor]:
        """Over skeletons: (B, L, V) weight of each word at each cell, and (B,) weight of the evidence."""
        flat = e.flatten(1).T.contiguous()  # (L * V, B): texts last, so that gathered rows are whole
        p, total = torch.zeros_like(flat), flat.new_zeros(len(e))
        for skeleton in self.skeletons:
            weight, left = _fit(skeleton, flat)
            total += weight
            fixed, choices = _places(skeleton)
            p.index_add_(0, fixed, weight.expand(len(fixed), -1))
            for slot, places in choices.items():
                p.index_add_(0, places.flatten(), (weight * left[slot]).repeat(len(places), 1))
        return p.T.contiguous().view_as(e), total

    @torch.no_grad()
    def log_weight(self, state: Tensor) -> Tensor:
        """(B,) float64 ln of the chance that a tale has all visible words of a masked page; -inf where none has.

        Args:     state: (B, L) int64 ids, noise V.
        """
        hidden = (state == self.num_words)[..., None]
        shares = F.one_hot(state.clamp_max(self.num_words - 1), self.num_words)
        flat = (shares + hidden).clamp_max(1).flatten(1).T.to(torch.float64).contiguous()
        weights = [_fit(skeleton, flat)[0] for skeleton in self.skeletons]
        return torch.stack(weights).mean(0).log()


class TalesJudge(nn.Module):
    """The exact ratio of `denoisers.judge` over all tales. Args: world: as of `TalesOracle`."""

    def __init__(self, world: Any) -> None:
        super().__init__()
        self.oracle = TalesOracle(world, None)

    def forward(self, candidates: Tensor, written: Tensor, belief: Tensor) -> Tensor:
        """(B, K) float64, up to a constant of x_t; -inf for words that no tale has together. Args as `SetJudge`."""
        num, last = candidates.shape[1], belief.shape[-1] - 1
        joint = self.oracle.log_weight(candidates.flatten(0, 1)).unflatten(0, (-1, num))
        told = belief[:, None].expand(-1, num, -1, -1).gather(-1, candidates.clamp_max(last)[..., None])
        return joint - told[..., 0].log().masked_fill(~written[:, None], 0.0).sum(-1)


class Skeleton(nn.Module):
    """The tables of one skeleton, see `_tables`, as buffers: they follow the oracle to its device."""

    def __init__(self, fixed: Tensor, choices: dict[str, Tensor]) -> None:
        super().__init__()
        self.register_buffer("fixed", fixed)
        self.choices: nn.Module = nn.Module()
        for slot, places in choices.items():
            self.choices.register_buffer(slot, places)


def _places(skeleton: nn.Module) -> tuple[Tensor, dict[str, Tensor]]:
    """What `_tables` said of it."""
    return skeleton.get_buffer("fixed"), dict(skeleton.get_submodule("choices").named_buffers())


def _fit(skeleton: nn.Module, flat: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """(B,) how well evidence (L * V, B) fits a skeleton's tales on average, and the shares of `_marginals`."""
    fixed, choices = _places(skeleton)
    left, means = _marginals({slot: flat[places].prod(0) for slot, places in choices.items()})
    return flat[fixed].prod(0) * means.prod(0), left


def _marginals(fits: dict[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
    """For each slot (n, B) the share of each option, given what fits; and (groups, B) the mean fit of each
    group of slots: a slot alone, or two that must differ."""
    shares, means = {}, []
    for slot, fit in fits.items():
        if slot in UNLIKE:
            continue
        partner = next((other for other, one in UNLIKE.items() if one == slot), None)
        if partner is None:
            shares[slot], mean = _normalised(fit)
        else:
            other = fits[partner]
            shares[slot], mean = _normalised(fit * (other.sum(0) - other).clamp_min(0))
            shares[partner], _ = _normalised(other * (fit.sum(0) - fit).clamp_min(0))
            mean = mean / (len(fit) - 1)
        means.append(mean)
    return shares, torch.stack(means)


def _normalised(weights: Tensor) -> tuple[Tensor, Tensor]:
    total = weights.sum(0)
    return weights / total.clamp_min(math.ulp(0.0)), total / len(weights)


def _tables(world: Any, key: tuple[int, str]) -> tuple[Tensor, dict[str, Tensor]]:
    """One skeleton's fixed words as places in the flat canvas (f,), and for each slot chosen freely the
    places (c, n) that its n options fill in the c cells it decides."""
    items = world.skeletons[key] + ("",) * (world.length - len(world.skeletons[key]))
    tables: dict[str, Tensor] = {}
    decided: set[int] = set()
    for slot, options in world.choices(key[1]):
        told = [{"{" + slot + "}": word} for word in options]
        told = [facts | world.implied(facts) for facts in told]
        cells = [i for i, item in enumerate(items) if item in told[0]]
        tables[slot] = torch.tensor(
            [[i * len(world.words) + world.ids[facts[items[i]]] for facts in told] for i in cells]
        )
        decided.update(cells)
    fixed = [i * len(world.words) + world.ids[item] for i, item in enumerate(items) if i not in decided]
    return torch.tensor(fixed), tables
