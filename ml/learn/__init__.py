"""`python -m ml learn`: a board is shown examples of a class of one's own, and learns it (docs/learning.md).

command.py   the command
lesson.py    shows examples to a board, by a person or by recordings, and tells what became of them
playing.py   recordings as the sensor would give them, with rest around them
"""
