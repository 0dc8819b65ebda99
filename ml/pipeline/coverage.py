"""Which classes each part of a split has recordings of: what nobody trained with a model cannot know, and what nobody
tested with says nothing about it.

split, notes = covering(app, data, split)   # the default split, so that each class is trained and tested
check_trained(app, data, split)             # UserError for a class that no training subject has
check_tested(app, data, split)              # UserError for a hold-out by hand without a class that it could have
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ml.data.manifest import Dataset
from ml.data.split import Split, named
from ml.errors import UserError
from ml.pipeline.contract import App


@dataclass(frozen=True)
class Shown:
    """Who shows what."""

    by: dict[str, frozenset[str]]  # subject -> the classes of which there is a recording
    learnt: list[str]  # classes that training subjects must show, if anybody does
    classes: list[str]  # all

    @classmethod
    def of(cls, app: App, data: Dataset) -> "Shown":
        made: dict[str, set[str]] = {}
        for item in data.items:
            made.setdefault(item.subject, set()).add(app.shows(item.label))
        return cls({who: frozenset(shown) for who, shown in made.items()}, app.learnt(data), app.labels(data))

    def untrained(self, subjects: Iterable[str]) -> list[str]:
        """Classes to be learnt of which these subjects have no recording, though others do."""
        return self._lacking(subjects, self.learnt)

    def untested(self, subjects: Iterable[str]) -> list[str]:
        """The same of all classes."""
        return self._lacking(subjects, self.classes)

    def _lacking(self, subjects: Iterable[str], classes: list[str]) -> list[str]:
        anybody = frozenset[str]().union(*self.by.values())
        theirs = frozenset[str]().union(*(self.by[one] for one in subjects if one in self.by))
        return [one for one in classes if one in anybody - theirs]

    def spare(self, split: Split) -> list[str]:
        """Who can go to the test, so that each class is still trained with and somebody still validates where somebody
        does: first those who validate, then, preferred, those who train."""
        often = Counter(shown for one in split.train for shown in self.by[one])
        needed = {one for one in self.learnt if often[one] == 1}
        train = [one for one in split.train if len(split.train) > 1 and not needed & self.by[one]]
        return [*(split.validation if len(split.validation) > 1 else ()), *train]

    def could_test(self, split: Split, label: str) -> list[str]:
        """The same of those who show a class."""
        return [one for one in self.spare(split) if label in self.by[one]]


def check_trained(app: App, data: Dataset, split: Split) -> None:
    """A class that is in the data must be in the part that trains."""
    shown = Shown.of(app, data)
    for label in shown.untrained(split.train):
        others = sorted(subject for subject, theirs in shown.by.items() if label in theirs)
        raise UserError(
            f"expected recordings of {label!r} by somebody who trains, found them only of {named(others)}, held out of "
            "training: hold out somebody else (--hold-out), record it with another person, or take its rows out"
        )


def check_tested(app: App, data: Dataset, split: Split) -> None:
    """A class that somebody could test, while others train it, must be in a test that was chosen by hand."""
    shown = Shown.of(app, data)
    for label in shown.untested(split.test):
        could = shown.could_test(split, label)
        if could:
            raise UserError(
                f"--hold-out: expected a recording of {label!r} by {named(split.test)}, found none, so nobody would "
                f"test it; add --hold-out {could[-1]} (or another of {named(could)}), or leave --hold-out away"
            )


def covering(app: App, data: Dataset, split: Split) -> tuple[Split, tuple[str, ...]]:
    """The same split with as few subjects moved as it takes for each class to be trained with and, where it can be,
    tested; and a line about each move. A class that one subject alone shows is trained with."""
    shown = Shown.of(app, data)
    made, notes = _trained(shown, split)
    for label in shown.untested(made.test):
        could = shown.could_test(made, label)
        if could and label in shown.untested(made.test):
            made = _moved(made, could[-1], "test")
            notes.append(f"{could[-1]} tests as well, as {named(split.test)} has no recording of {label!r}")
    return made, tuple(notes)


def _trained(shown: Shown, split: Split) -> tuple[Split, list[str]]:
    """Who alone shows a class trains; where that leaves nobody to test, somebody else does."""
    made, notes = split, []
    for label in shown.untrained(split.train):
        if label in shown.untrained(made.train):
            who = next(one for one in (*made.validation, *made.test) if label in shown.by[one])
            made = _moved(made, who, "train")
            notes.append(f"{who} trains, as of those who train nobody else has a recording of {label!r}")
    if not made.test:
        spare = shown.spare(made)
        if not spare:
            return split, []  # for `check_trained` to refuse
        made = _moved(made, spare[-1], "test")
        notes.append(f"{spare[-1]} tests instead")
    return made, notes


def _moved(split: Split, who: str, where: str) -> Split:
    """With the subject in another part."""
    parts = {name: {*part} - {who} for name, part in vars(split).items()}
    parts[where].add(who)
    return Split(**{name: tuple(sorted(part)) for name, part in parts.items()})
