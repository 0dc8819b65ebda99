"""Splits subjects into training, tuning and test: always whole people (or machines), never parts of one.

Windows of one recording overlap, and recordings of one person resemble each other: a split between them measures how
well the model knows that person, not how well it works for the next one.
"""

import hashlib
from dataclasses import dataclass

from ml.errors import UserError

ENOUGH_TO_VALIDATE = 4  # subjects left besides the test's; below that each of them is needed for training
VALIDATION_SHARE = 4  # one in four of them validates
FOLDS = 4  # models trained to tune the settings, at most, where every subject is needed for training
MANY = 25  # subjects and more: a name's hash says where it belongs, so that it stays there when others are added
MANY_TEST, MANY_VALIDATION = 5, 8  # of so many subjects one tests; of so many others one validates


@dataclass(frozen=True)
class Split:
    """Subjects of the three parts; no subject is in two."""

    train: tuple[str, ...]
    validation: tuple[str, ...]  # empty where there are too few: see `folds`
    test: tuple[str, ...]
    choosing: tuple[str, ...] = ()  # without validation: who of those that train chooses, each alone; none: all of them


def check_unit(unit: str) -> None:
    """Refuses to split by anything smaller than a subject."""
    if unit != "subject":
        raise UserError(
            f"expected a split by subject, found by {unit}: windows and recordings of one person are alike, so a model "
            "tested that way only looks good; use --split-by subject"
        )


def by_subject(subjects: list[str], hold_out: tuple[str, ...] = ()) -> Split:
    """The same subjects always give the same split. By default the last in alphabetical order is held out; of many, a
    fifth."""
    subjects = sorted(set(subjects))
    if len(subjects) < 2:
        raise UserError(
            f"expected at least 2 subjects, one of them to test with, found {len(subjects)}; record another person"
        )
    unknown = sorted(set(hold_out) - set(subjects))
    if unknown:
        raise UserError(f"--hold-out: expected one of {', '.join(subjects)}, found {', '.join(unknown)}")
    test = tuple(sorted(set(hold_out))) or _default_test(subjects)
    rest = [subject for subject in subjects if subject not in test]
    if not rest:
        raise UserError("--hold-out: expected at least one subject left to train with, found none; hold out fewer")
    validation = _validation(rest, len(subjects) >= MANY)
    train = [subject for subject in rest if subject not in validation]
    return Split(tuple(train), validation, test)


def _default_test(subjects: list[str]) -> tuple[str, ...]:
    return turns(subjects)[-1]


def _validation(rest: list[str], many: bool) -> tuple[str, ...]:
    if many:
        return tuple(subject for subject in rest if _lot("validation", subject, MANY_VALIDATION) == 0)
    enough = len(rest) >= ENOUGH_TO_VALIDATE
    return tuple(rest[-max(1, len(rest) // VALIDATION_SHARE) :]) if enough else ()


def turns(subjects: list[str]) -> list[tuple[str, ...]]:
    """Who is left out together, so that everybody is once: each subject alone, or a fifth of many."""
    subjects = sorted(set(subjects))
    if len(subjects) < MANY:
        return [(subject,) for subject in subjects]
    lots = [_lot("test", subject, MANY_TEST) for subject in subjects]
    groups = [tuple(one for one, lot in zip(subjects, lots, strict=True) if lot == group) for group in range(MANY_TEST)]
    return [group for group in groups if group]


def _lot(what: str, subject: str, count: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{what} {subject}".encode()).digest()[:8]) % count


def as_published(part: dict[str, str]) -> Split | None:
    """The split that came with the data: subject -> "train", "validation" or "test"; None where there is none. Who
    validates may be left open."""
    test, validation = (tuple(sorted(one for one in part if part[one] == name)) for name in ("test", "validation"))
    if not test:
        return None
    rest = sorted(set(part) - {*test, *validation})
    validation = validation or _validation(rest, len(part) >= MANY)
    return Split(tuple(one for one in rest if one not in validation), validation, test)


def named(subjects: tuple[str, ...] | list[str], most: int = 8) -> str:
    """For people to read: who they are, or how many from whom to whom."""
    if len(subjects) <= most:
        return ", ".join(subjects)
    return f"{len(subjects)} subjects ({subjects[0]} to {subjects[-1]})"


@dataclass(frozen=True)
class Fold:
    """A model, and the subjects on whose streams it helps to choose the operating point."""

    split: Split
    choosing: tuple[str, ...]  # none of them trains this model


def folds(split: Split) -> list[Fold]:
    """How the settings are tuned without the test's subjects: on the validation subjects, or, where there are none, on
    the training subjects in turn, at most FOLDS groups of them, each unseen by a model trained with the others: nothing
    of that model, not even its epoch, is chosen by the group. Where the split says who chooses, each of them is a group
    and nobody else is left out. With a single subject there is no way.
    """
    if split.validation:
        return [Fold(split, split.validation)]
    if len(split.train) < 2:
        return []
    groups = [split.train[first::FOLDS] for first in range(min(FOLDS, len(split.train)))]
    groups = [(one,) for one in split.choosing] or groups
    others = (tuple(one for one in split.train if one not in group) for group in groups)
    return [Fold(Split(rest, (), split.test), group) for rest, group in zip(others, groups, strict=True)]
