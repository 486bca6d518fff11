"""Measurements that readers start: what decides one, and the table that is handed out."""

import csv
import io

from textdiff_core.calibration import CalibrationConfig
from textdiff_core.parallel import ParallelConfig
from textdiff_ui import studies


def test_only_what_decides_a_result_begins_another_measurement() -> None:
    config = ParallelConfig()
    assert studies.STORIES.key(config) == studies.STORIES.key(
        config.replace(words=4, at_once=2, toy="four coins")
    )
    assert studies.TEXTS.key(config) == studies.TEXTS.key(config.replace(words=3, at_once=2))
    assert studies.TEXTS.key(config) != studies.TEXTS.key(config.replace(share=0.3))
    assert studies.STORIES.key(config) != studies.STORIES.key(config.replace(sampler="confidence"))
    look = CalibrationConfig()
    assert studies.LOOK.key(look) == studies.LOOK.key(look.replace(temperature=2.0, level=0.9, steps=3))
    assert studies.FILL.key(look) != studies.FILL.key(look.replace(level=0.9))
    assert len({study.key(look) for study in (studies.LOOK, studies.FILL)}) == 2


def test_a_table_is_read_back_by_a_spreadsheet() -> None:
    raw = studies.table(("way", "share", "words"), [("confidence, 8 steps", 1 / 3, 7), ('a "b"', 0.0, 0)])
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert rows == [
        ["way", "share", "words"],
        ["confidence, 8 steps", "0.333333333", "7"],
        ['a "b"', "0", "0"],
    ]
