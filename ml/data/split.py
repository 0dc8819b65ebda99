"""Who trains, who tunes, who tests: always whole people (or machines), never parts of what one of them did.

Windows of one recording overlap, and recordings of one person resemble each other: a split between them measures how
well the model knows that person, not how well it works for the next one.
"""

from dataclasses import dataclass

from ml.errors import UserError

ENOUGH_TO_VALIDATE = 4  # subjects left besides the test's; below that each of them is needed for training
VALIDATION_SHARE = 4  # one in four of them validates


@dataclass(frozen=True)
class Split:
    """Subjects of the three parts; no subject is in two."""

    train: tuple[str, ...]
    validation: tuple[str, ...]  # empty where there are too few: see `folds`
    test: tuple[str, ...]


def check_unit(unit: str) -> None:
    """Refuses to split by anything smaller than a subject."""
    if unit != "subject":
        raise UserError(
            f"expected a split by subject, found by {unit}: windows and recordings of one person are alike, so a model "
            "tested that way only looks good; use --split-by subject"
        )


def by_subject(subjects: list[str], hold_out: tuple[str, ...] = ()) -> Split:
    """The same subjects always give the same split. By default the last in alphabetical order is held out."""
    subjects = sorted(set(subjects))
    if len(subjects) < 2:
        raise UserError(
            f"expected at least 2 subjects, one of them to test with, found {len(subjects)}; record another person"
        )
    unknown = sorted(set(hold_out) - set(subjects))
    if unknown:
        raise UserError(f"--hold-out: expected one of {', '.join(subjects)}, found {', '.join(unknown)}")
    test = tuple(sorted(set(hold_out))) or (subjects[-1],)
    rest = [subject for subject in subjects if subject not in test]
    if not rest:
        raise UserError("--hold-out: expected at least one subject left to train with, found none; hold out fewer")
    enough = len(rest) >= ENOUGH_TO_VALIDATE
    validation = rest[-max(1, len(rest) // VALIDATION_SHARE) :] if enough else []
    train = [subject for subject in rest if subject not in validation]
    return Split(tuple(train), tuple(validation), test)


def leave_one_out(subjects: list[str]) -> list[Split]:
    """Each subject as the test in turn."""
    return [by_subject(subjects, (subject,)) for subject in sorted(set(subjects))]


def folds(split: Split) -> list[Split]:
    """How the settings are tuned without the test's subjects: on the validation subjects, or, where there are none, on
    each training subject in turn, unseen by a model trained with the others. With a single subject there is no way.
    """
    if split.validation:
        return [split]
    if len(split.train) < 2:
        return []
    return [
        Split(tuple(other for other in split.train if other != subject), (subject,), split.test)
        for subject in split.train
    ]
