"""Model images: a compiled header as data that lib/image of a firmware shows as an nn_model.

pack(Path("lib/gesture_recognition_model/gesture_recognition_model.h")).write(Path("gesture_recognition.tmb"))
"""

from ml.image.pack import Packed, pack

__all__ = ["Packed", "pack"]
