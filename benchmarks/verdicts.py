"""What theory says of each sampler's exactness, and why; `exactness` measures it, and tests hold the two together."""

from __future__ import annotations

EXACT, LIMIT, NEVER = "one word a step", "in the limit", "never"
MEANING = {
    EXACT: "exact as soon as every step writes one word: here at 2 steps, in general at one for each word.",
    LIMIT: "never exact at a number of steps, but as near as one likes with more of them.",
    NEVER: "an error stays however many steps there are.",
}

_STATE = "which cell is next depends on the state only"
_ALONE = "each cell is on its own, and two seldom come at once where steps are many"
_SAME = "for masks the same distribution as ancestral"
_LUCK = "words are judged as they were drawn, so lucky draws come first"
_ROOT = "of the words that go back some are drawn together again; the error falls with the root of the steps"

VERDICTS: dict[str, dict[str, tuple[str, str]]] = {
    "masking": {
        "ancestral": (LIMIT, _ALONE),
        "first-hitting": (EXACT, "one word a step, at the times of the reverse process"),
        "d3pm": (LIMIT, _SAME),
        "d3pm:last=best": (
            LIMIT,
            "the last step takes the likeliest word; with many steps it has nothing left to do",
        ),
        "analytic": (LIMIT, _SAME),
        "euler": (LIMIT, _SAME + ", on a linear schedule"),
        "euler:form=exponential": (
            LIMIT,
            "the rate is held over a step, which matters less where steps are short",
        ),
        "random": (EXACT, _STATE),
        "confidence": (EXACT, _STATE),
        "confidence:by=drawn": (NEVER, _LUCK),
        "confidence:alg_temp=0.3": (EXACT, _STATE + ", and on chance"),
        "confidence:rounding=down": (EXACT, _STATE),
        "entropy": (EXACT, _STATE),
        "margin": (EXACT, _STATE),
        "left-to-right": (EXACT, "the order is fixed"),
        "halton": (EXACT, "the order is fixed"),
        "maskgit": (NEVER, _LUCK + ", less so the more noise there is in the order"),
        "maskgit:heat=0": (NEVER, _LUCK),
        "threshold": (EXACT, "no word is 90 % sure here, so they come one by one"),
        "threshold:tau=0.35": (
            NEVER,
            "words above the threshold come together and do not know of each other",
        ),
        "factor": (EXACT, "two words would need more certainty, so they come one by one"),
        "factor:f=2": (NEVER, "words come together where the factor allows it and do not know of each other"),
        "entropy-bound:gamma=0": (EXACT, "words that come together are certain but for one"),
        "entropy-bound": (EXACT, "two words might share more than 0.1 nats, so they come one by one"),
        "entropy-bound:gamma=1.1": (NEVER, "words that come together may share up to 1.1 nats"),
        "remdm-cap": (LIMIT, _ROOT),
        "remdm-cap:eta=0.2": (LIMIT, _ROOT),
        "remdm-rescale": (LIMIT, _ROOT),
        "remdm-conf": (LIMIT, _ROOT),
        "remdm-loop": (
            NEVER,
            "at rest a fixed share goes back at every step, and some of it is drawn together",
        ),
        "corrector": (
            LIMIT,
            "as much goes back in a stretch of time however short the steps are, one word at a time in the end",
        ),
        "p2": (NEVER, _LUCK + "; to the exact denoiser words that stand are certain, so none goes back"),
        "p2:planner=random": (
            LIMIT,
            "a step draws one word anew given the others where steps are many; of two cells there is no other way",
        ),
        "p2:planner=random,eta=0": (EXACT, "the order is chance, and no word goes back"),
        "informed": (
            EXACT,
            "no word is certain here, so they are decided one by one; none is flatly overruled",
        ),
        "informed:certain=1": (
            NEVER,
            "words with less than a nat of doubt count as certain and come together",
        ),
        "guided": (
            LIMIT,
            "as ancestral, whose steps it weighs by the exact judge; what 16 candidates leave falls as 1 / 16",
        ),
        "guided:base=random,candidates=4": (EXACT, _STATE + "; a step of one word asks no judge"),
    },
    "uniform": {
        "posterior": (LIMIT, _ALONE),
        "tau-leaping": (LIMIT, "the rate is held over a step, which matters less where steps are short"),
        "gibbs-corrector": (
            LIMIT,
            "a sweep draws one cell given the others, which leaves alone what is right",
        ),
        "gibbs-corrector:cells=4": (NEVER, "cells that a sweep draws together do not know of each other"),
        "gibbs-corrector:choose=doubt": (NEVER, "which cell is drawn depends on the word in it"),
    },
}
