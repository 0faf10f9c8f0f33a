"""Sensitivity and precision of each rule from what people found, with intervals.

Only some documents are read, and those with findings more often than others: shares are weighted by how many
verdicts a question stands for, and sensitivity follows from the rule's known share of findings with the shares of
true defects among findings and among passes (Begg & Greenes 1983). Intervals are drawn from Jeffreys' posterior
with the effective number of answers (Kish 1965).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from quality_checks.rules import Catalogue

Array = npt.NDArray[np.float64]
DEFECT, SOUND, UNCLEAR = "defect", "ok", "unclear"
ANSWERS = (DEFECT, SOUND, UNCLEAR)
DRAWS = 4000
_FIGURES = ("precision", "precision_low", "precision_high", "sensitivity", "sensitivity_low", "sensitivity_high")
RESULT_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("level", "dimension", "rule_id", "mode"), pl.String()),
    **dict.fromkeys(("read_findings", "confirmed", "read_passed", "missed", "unclear"), pl.Int64()),
    **dict.fromkeys(_FIGURES, pl.Float64()),
}


class AuditError(ValueError):
    """Answers that cannot be used; the message names the question, what was expected and the mend."""


def rule_accuracy(
    sample: pl.DataFrame, answers: pl.DataFrame, catalogue: Catalogue, *, seed: int = 1
) -> pl.DataFrame:
    """How far each rule can be trusted.

    Args:
        sample: questions of one or more editions, as `draw_sample` gives.
        answers: question, reader (1 or 2), answer (`defect`, `ok` or `unclear`). The first reader's answer counts;
            the second one's serves agreement.
        catalogue: the rules, for dimension and mode.
        seed: of the posterior draws.

    Returns:
        level (`rule`, `dimension` or `all`), dimension, rule_id, mode, read_findings (findings that were read with
        a clear answer), confirmed (of them), read_passed, missed (defects that people found in them), unclear,
        precision and sensitivity with 95 % intervals. Sensitivity is null where no pass was read, precision where
        no finding was.

    Raises:
        AuditError: an answer to no question, an unknown answer, or two answers of one reader to one question.
    """
    rows = with_questions(sample, check_answers(answers)).filter(pl.col("reader") == 1)
    kinds = {rule.id: (rule.dimension, rule.mode) for rule in catalogue.rules}
    rows = rows.with_columns(
        dimension=pl.col("rule_id").map_elements(lambda r: kinds.get(r, ("", ""))[0], return_dtype=pl.String),
        mode=pl.col("rule_id").map_elements(lambda r: kinds.get(r, ("", ""))[1], return_dtype=pl.String),
    )
    rng = np.random.default_rng(seed)
    levels: Sequence[tuple[str, list[str]]] = (
        ("rule", ["dimension", "rule_id", "mode"]),
        ("dimension", ["dimension"]),
    )
    found = [_row("all", {}, rows, rng)] if rows.height else []
    for level, keys in levels:
        scored = rows if level == "rule" else rows.filter(pl.col("mode") == "active")
        for key, group in scored.sort(keys).group_by(keys, maintain_order=True):
            found.append(_row(level, dict(zip(keys, key, strict=True)), group, rng))
    return pl.DataFrame(found, schema=RESULT_SCHEMA).with_columns(pl.col(pl.String).fill_null(""))


def check_answers(answers: pl.DataFrame) -> pl.DataFrame:
    """Answers that can be used.

    Raises:
        AuditError: an unknown answer or reader, or two answers of one reader to one question.
    """
    odd = answers.filter(~pl.col("answer").is_in(ANSWERS))
    if odd.height:
        raise AuditError(
            f"question {odd['question'][0]}: an answer that is none of {', '.join(ANSWERS)}; correct the form"
        )
    odd = answers.filter(~pl.col("reader").is_in([1, 2]))
    if odd.height:
        raise AuditError(f"question {odd['question'][0]}: reader must be 1 or 2; correct the form")
    twice = answers.filter(answers.select("question", "reader").is_duplicated())
    if twice.height:
        raise AuditError(
            f"question {twice['question'][0]} is answered twice by reader {twice['reader'][0]}; keep one"
        )
    return answers


def with_questions(sample: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Answers beside the questions they answer.

    Raises:
        AuditError: an answer to no question.
    """
    lost = answers.join(sample, on="question", how="anti")
    if lost.height:
        raise AuditError(
            f"question {lost['question'][0]} was never drawn; use the form of this county and edition"
        )
    return answers.join(sample, on="question", how="inner").sort("question", "reader")


def _row(level: str, key: dict[str, str], rows: pl.DataFrame, rng: np.random.Generator) -> dict[str, object]:
    clear = rows.filter(pl.col("answer") != UNCLEAR)
    flagged, passed = clear.filter(pl.col("finding")), clear.filter(~pl.col("finding"))
    told: dict[str, object] = {
        "level": level,
        **key,
        "read_findings": flagged.height,
        "confirmed": int((flagged["answer"] == DEFECT).sum()),
        "read_passed": passed.height,
        "missed": int((passed["answer"] == DEFECT).sum()),
        "unclear": rows.height - clear.height,
    }
    if not flagged.height:
        return told
    right = _posterior(flagged, rng)
    told |= _named("precision", _share(flagged), right)
    if not passed.height:
        return told
    missed, rate = _posterior(passed, rng), _finding_rate(rows)
    point = _sensitivity(rate, _share(flagged), _share(passed))
    return told | _named("sensitivity", point, _sensitivity(rate, right, missed))


def _share(rows: pl.DataFrame) -> float:
    """Weighted share of true defects."""
    weight = rows["weight"].to_numpy()
    return float(weight[(rows["answer"] == DEFECT).to_numpy()].sum() / weight.sum())


def _posterior(rows: pl.DataFrame, rng: np.random.Generator) -> Array:
    """Draws of the share of true defects."""
    weight = rows["weight"].to_numpy()
    size = weight.sum() ** 2 / (weight**2).sum()
    hits = size * _share(rows)
    return rng.beta(hits + 0.5, size - hits + 0.5, DRAWS)


def _finding_rate(rows: pl.DataFrame) -> float:
    """Share of findings among all verdicts of the rules that were asked about."""
    rules = rows.unique(["edition", "rule_id"])
    findings, judged = (float(rules[name].cast(pl.Float64).sum()) for name in ("rule_findings", "rule_judged"))
    return findings / max(judged, 1.0)


def _sensitivity(rate: float, right: Array | float, missed: Array | float) -> Array:
    found = rate * np.asarray(right)
    return np.asarray(found / np.maximum(found + (1 - rate) * np.asarray(missed), 1e-300))


def _named(name: str, point: Array | float, draws: Array) -> dict[str, float]:
    low, high = np.quantile(draws, (0.025, 0.975))
    value = float(np.asarray(point))
    return {name: value, f"{name}_low": min(float(low), value), f"{name}_high": max(float(high), value)}
