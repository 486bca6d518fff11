"""Imports point one way, and a first paint never waits for torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Each level may import the levels before it; modules on one level do not know each other.
LEVELS = [
    {"bleu", "bounds", "files", "intervals", "pieces", "registers", "registry"},
    {"records", "reliability"},
    {"training_records"},
    {"draws", "optimizers", "schedules", "trace"},
    {"processes", "vocab"},
    {"denoisers", "losses", "samplers"},
    {"apart", "asking", "checkpoints", "corpora", "exports", "joint", "metrics", "noising", "sizing"},
    {"baselines", "by_hand", "crew", "endings", "generate", "pretrained", "training_state"},
    {"adversarial", "recording"},
    {"calibration", "evaluation", "ledger", "parallel", "scoring", "training"},
    {"runs"},
    {"shelf"},
    {"models"},
    {"judges"},
    {"lab"},
    {"against", "chatting", "cli", "guiding", "sweep", "verses", "worker", "writing"},
    {"placing", "translating"},
    {"cli_gan", "cli_runs", "cli_score", "cli_translate", "cli_write"},
    {"cli_sweep"},
    {"__main__"},
]
LEVEL = {module: number for number, modules in enumerate(LEVELS) for module in modules}
# What the screen may know of the core.
DOORS = {
    "adversarial",
    "against",
    "by_hand",
    "calibration",
    "chatting",
    "exports",
    "guiding",
    "intervals",
    "joint",
    "lab",
    "ledger",
    "noising",
    "parallel",
    "placing",
    "records",
    "registry",
    "reliability",
    "scoring",
    "sizing",
    "sweep",
    "trace",
    "training_records",
    "translating",
    "verses",
    "writing",
}


def imported(source: str) -> list[str]:
    """The dotted names that `source` imports anywhere, also inside functions; "a.b" for `from a import b`."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names]
    return names


def violations(path: Path, source: str) -> list[str]:
    """One sentence for each import in the file `path` of the repository that points the wrong way."""
    part = path.parts[0]
    own = path.with_suffix("").parts[1] if len(path.parts) > 1 else ""
    found = []
    for name in imported(source):
        top, _, rest = name.partition(".")
        module = rest.partition(".")[0]
        if name.startswith("."):
            reason = "imports are written in full"
        elif part == "textdiff_core":
            reason = _core_reason(own, top, module)
        else:
            reason = _screen_reason(part, top, module)
        if reason:
            found.append(f"{path.as_posix()} imports {name}: {reason}")
    return found


def _core_reason(own: str, top: str, module: str) -> str | None:
    if own == "__main__" and top == "textdiff_ui" and module == "player":
        return None  # the command line exports the HTML replay, which is the player itself
    if top in {"streamlit", "plotly", "textdiff_ui", "pages", "tests", "benchmarks"}:
        return "the core knows neither the screen nor the tests"
    if top != "textdiff_core" or own == module:
        return None
    if own not in LEVEL or module not in LEVEL:
        return f"{own if own not in LEVEL else module!r} has no place in LEVELS yet"
    return None if LEVEL[module] < LEVEL[own] else f"{module} does not stand below {own}"


def _screen_reason(part: str, top: str, module: str) -> str | None:
    if top == "torch":
        return "the screen never imports torch"
    if top == "textdiff_core" and module not in DOORS:
        return f"the screen knows only {', '.join(sorted(DOORS))}"
    if top == "pages" or (part == "textdiff_ui" and top == "app"):
        return "nothing imports a page or the front door"
    if part == "app.py" and top in {"textdiff_core", "textdiff_ui"}:
        return "the front door only names the main script"
    return None


def files() -> list[Path]:
    folders = ("textdiff_core", "textdiff_ui", "pages")
    return [
        Path("app.py"),
        *(f.relative_to(ROOT) for folder in folders for f in (ROOT / folder).rglob("*.py")),
    ]


@pytest.mark.parametrize("path", files(), ids=Path.as_posix)
def test_imports_point_one_way(path: Path) -> None:
    assert violations(path, (ROOT / path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("textdiff_core/schedules.py", "from textdiff_core.processes import absorbing"),
        ("textdiff_core/losses.py", "from textdiff_core import samplers"),
        ("textdiff_core/samplers/gibbs.py", "def f():\n    import streamlit"),
        ("textdiff_core/denoisers/oracle.py", "from ..vocab import Vocab"),
        ("textdiff_core/novelty.py", "import textdiff_core.records"),
        ("textdiff_ui/plots.py", "def f():\n    import torch.nn"),
        ("textdiff_ui/plots.py", "from textdiff_core.samplers import ancestral"),
        ("pages/denoise.py", "from pages import start"),
        ("app.py", "import textdiff_ui.main"),
    ],
)
def test_a_wrong_import_is_found(path: str, source: str) -> None:
    assert len(violations(Path(path), source)) == 1


def modules(folder: str, names: str) -> list[str]:
    return [".".join(f.relative_to(ROOT).with_suffix("").parts) for f in sorted((ROOT / folder).glob(names))]


CORE = [f"textdiff_core.{door}" for door in sorted(DOORS)]
# main.py is a script: importing it would run the app.
SCREEN = [name for name in modules("textdiff_ui", "**/[!_]*.py") if name != "textdiff_ui.main"]


@pytest.mark.parametrize("module", CORE + SCREEN)
def test_importing_it_does_not_import_torch(module: str) -> None:
    check = f"import sys, {module}; sys.exit('torch was imported' if 'torch' in sys.modules else 0)"
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
