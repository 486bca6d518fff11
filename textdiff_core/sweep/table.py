"""The rows of a sweep on the disk: a Parquet file, and beside it a journal from which nothing is ever lost.

    sweep.parquet           the table, written anew as a whole now and then
    sweep.parquet.sweep/    rows.jsonl: a line for each row, on the disk at once; and which process is at work

Who opens a table finds every row that was finished, however its writer ended: lines that are whole count, one that is
torn is measured again. A file that cannot be read is moved aside and named; one of a newer version is left alone.
"""

from __future__ import annotations

import dataclasses
import io
import json
import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textdiff_core.files import replacing
from textdiff_core.metrics import metrics
from textdiff_core.sweep.plan import Cell

if TYPE_CHECKING:
    from pandas import DataFrame  # type: ignore[import-untyped]

SCHEMA = 1
METADATA = b"textdiff_sweep"
RULE = "rule_"
TEXTS = ("cell", "model", "weights", "sampler", "grid", "schedule", "link")
WHOLES = ("steps", "length", "seed", "num")
# What a row is, apart from its seed: rows that agree in these are one point of a figure.
SETTINGS = (
    "model",
    "weights",
    "sampler",
    "steps",
    "grid",
    "schedule",
    "temperature",
    "top_p",
    "length",
    "num",
)
COSTS = ("network_calls_per_sample", "seconds_per_sample")
NEEDED = ("cell", "model", "weights", "sampler", "seed", "num")

Row = dict[str, Any]


def measures() -> tuple[str, ...]:
    """The columns that every row has a number or NaN in: all metrics, and the costs. Rules have columns besides."""
    return (*metrics, *COSTS)


def columns() -> tuple[str, ...]:
    """The columns of every table, in their order."""
    return (
        "model", "sampler", "steps", "grid", "schedule", "temperature", "top_p", "length", "seed", "num",
        *measures(), "weights", "link", "cell",
    )  # fmt: skip


def journal_of(out: Path) -> Path:
    """The folder beside the Parquet file."""
    return out.with_name(f"{out.name}.sweep")


@dataclasses.dataclass(frozen=True)
class Found:
    """What is on the disk.

    Attributes:
        rows: whole ones, each once.   told: one sentence for each thing that could not be read.
        newer: a part was written by a newer version, so that nothing may be written here.
        damaged: the Parquet file cannot be read.
    """

    rows: tuple[Row, ...] = ()
    told: tuple[str, ...] = ()
    newer: bool = False
    damaged: bool = False

    def frame(self) -> DataFrame:
        """The rows as a table."""
        import pandas as pd

        rules = sorted({name for row in self.rows for name in row if name.startswith(RULE)})
        return pd.DataFrame(list(self.rows), columns=[*columns(), *rules])


def read(out: Path) -> Found:
    """The rows that a sweep has so far, from the Parquet file and the journal beside it.

    Raises:   ValueError: there is neither, or the file is no table of a sweep.
    """
    kept, log = out.is_file(), journal_of(out) / "rows.jsonl"
    if not kept and not log.is_file():
        raise ValueError(f"there is no table {str(out)!r}")
    parts = ([_parquet(out)] if kept else []) + ([_journal(log)] if log.is_file() else [])
    rows = {(row["cell"], row["weights"]): row for part in parts for row in part.rows}
    return Found(
        tuple(rows.values()),
        tuple(sentence for part in parts for sentence in part.told),
        any(part.newer for part in parts),
        any(part.damaged for part in parts),
    )


def _parquet(file: Path) -> Found:
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    with file.open("rb") as stream:
        if stream.read(4) not in (b"PAR1", b""):
            raise ValueError(f"{file.name!r} is no Parquet file, and is left as it is")
    try:
        table = pq.read_table(file)
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())[:80]
        return Found(
            told=(f"{file.name} is cut or damaged ({reason}); only the journal beside it can tell its rows",),
            damaged=True,
        )
    metadata = json.loads((table.schema.metadata or {}).get(METADATA, b"{}"))
    if missing := [name for name in NEEDED if name not in table.column_names] or not metadata:
        raise ValueError(f"{file.name!r} is no table of a sweep ({missing}), and is left as it is")
    return _known(table.to_pylist(), int(metadata["schema"]), file.name)


def _journal(file: Path) -> Found:
    lines, schema, rows, torn = file.read_bytes().split(b"\n"), SCHEMA, [], 0
    for line in filter(None, lines):
        try:
            record = json.loads(line)
        except ValueError:  # its writer was killed, or the file was cut
            torn += 1
            continue
        if isinstance(record, dict) and "schema" in record:
            schema = max(schema, int(record["schema"]))
        elif isinstance(record, dict) and all(name in record for name in NEEDED):
            rows.append(record)
        else:
            torn += 1
    found = _known(rows, schema, file.name)
    if torn:
        lines_are = "1 line is" if torn == 1 else f"{torn} lines are"
        sentence = (
            f"{lines_are} torn in the journal {file.parent.name}/{file.name}: such rows are measured again"
        )
        return dataclasses.replace(found, told=(*found.told, sentence))
    return found


def _known(records: Sequence[Row], schema: int, name: str) -> Found:
    """The rows as far as this version knows them."""
    known = set(columns())
    strange = sorted({key for record in records for key in record if key not in known and RULE not in key})
    rows = tuple(
        {key: value for key, value in record.items() if key not in strange and value is not None}
        for record in records
    )
    if schema <= SCHEMA:
        return Found(rows)
    columns_are = f"; not read: {', '.join(strange)}" if strange else ""
    return Found(
        rows,
        (f"{name} was written by a newer version (schema {schema}, known: {SCHEMA}){columns_are}",),
        True,
    )


class Table:
    """The table of a sweep while it is written. Args: cells: its rows, in order.   notes: for the file's metadata.

    Raises:   ValueError: what is there is no table of a sweep, or of a newer version.
    """

    def __init__(self, out: Path, cells: Sequence[Cell], notes: Row) -> None:
        self.out, self.order, self.notes = out, {cell.key: k for k, cell in enumerate(cells)}, notes
        self.log = journal_of(out) / "rows.jsonl"
        there = out.exists() or self.log.exists()
        found = read(out) if there else Found()
        if found.newer:
            raise ValueError(f"{found.told[0]}; nothing is written over it: name another `out`")
        self.told = found.told
        if found.damaged:
            aside = next(
                path for k in range(1, 10_000)
                if not (path := out.with_name(f"{out.name}.damaged-{k}")).exists()
            )  # fmt: skip
            os.replace(out, aside)
            self.told = (*self.told, f"it is kept as {aside.name}")
        self.rows = {(row["cell"], row["weights"]): row for row in found.rows}
        self._begin()

    def _begin(self) -> None:
        """Lets the journal end with a whole line, and hold every row: the Parquet file may be damaged one day."""
        before = self.log.read_bytes() if self.log.exists() else b""
        if not before:
            self._append([{"schema": SCHEMA}])
        elif not before.endswith(b"\n"):
            self._append([], torn=True)
        logged = {(row["cell"], row["weights"]) for row in _journal(self.log).rows}
        self._append([row for key, row in self.rows.items() if key not in logged])

    def add(self, row: Row) -> None:
        """Keeps a row; when this returns it is on the disk. If it is interrupted, the next Parquet file has the row."""
        known = {key: value for key, value in row.items() if value is not None}
        self.rows[row["cell"], row["weights"]] = known
        self._append([row])

    def _append(self, records: Iterable[Row], *, torn: bool = False) -> None:
        lines = [json.dumps(_plain(record), ensure_ascii=False, allow_nan=False) for record in records]
        with self.log.open("ab") as stream:
            stream.write(b"\n" * torn + "".join(f"{line}\n" for line in lines).encode())
            stream.flush()
            os.fsync(stream.fileno())

    def write(self) -> None:
        """Writes the Parquet file anew: this plan's rows in its order, then those of other plans as they came."""
        rows = sorted(self.rows.values(), key=lambda row: self.order.get(row["cell"], len(self.order)))
        with replacing(self.out) as beside:
            Path(beside).write_bytes(to_parquet(rows, self.notes))


def to_parquet(rows: Sequence[Row], notes: Row) -> bytes:
    """The rows as a Parquet file. Args: notes: for its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rules = sorted({name for row in rows for name in row if name.startswith(RULE)})
    kinds = dict.fromkeys(TEXTS, pa.string()) | dict.fromkeys(WHOLES, pa.int64())
    schema = pa.schema(
        [(name, kinds.get(name, pa.float64())) for name in (*columns(), *rules)],
        {METADATA: json.dumps({"schema": SCHEMA, **notes}).encode()},
    )
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema), file)
    return file.getvalue()


def notes(out: Path) -> Row:
    """What the metadata of a Parquet file says of the sweep: its schema, its plan as TOML, versions."""
    import pyarrow.parquet as pq

    return dict(json.loads(pq.read_schema(out).metadata[METADATA]))


def _plain(record: Row) -> Row:
    """The record with None where a number is not one: JSON has no NaN."""
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in record.items()
    }
