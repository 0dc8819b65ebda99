"""Of a large collection of words as many are read as are of use."""

from pathlib import Path

from ml.data.rows import Row
from ml.keyword_spotting.app import OTHERS, KeywordSpotting


def rows(label: str, count: int) -> list[Row]:
    return [Row(f"{label}/{i}.wav", Path(f"{label}/{i}.wav"), label, "ann", 16000.0) for i in range(count)]


def chosen(given: list[Row]) -> list[Row]:
    return KeywordSpotting()._wanted().rows(given)


def test_every_keyword_and_all_noise_but_not_every_other_word_is_read():
    words, noise = rows("yes", 9000), rows("_background_noise_", 6) + rows("_silence_", 50)
    others = [row for label in ("bed", "cat", "tree") for row in rows(label, 5000)]
    made = chosen(words + noise + others)
    assert made[: len(words + noise)] == words + noise
    kept = made[len(words + noise) :]
    assert OTHERS / 2 < len(kept) <= OTHERS
    assert all(sum(row.label == label for row in kept) > 2000 for label in ("bed", "cat", "tree"))


def test_a_small_collection_is_read_whole():
    given = rows("yes", 100) + rows("bed", 450) + rows("_unknown_", 279)
    assert chosen(given) == given
    assert chosen(rows("yes", 3)) == rows("yes", 3)
