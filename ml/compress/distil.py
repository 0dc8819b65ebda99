"""Distillation: a small network learns from what a larger one, or several, answer.

fit(student, [teacher], lessons, epochs=10, temperature=4.0)

| kind | the student imitates | source |
|---|---|---|
| response | the teachers' answers, softened by a temperature | G. Hinton et al., arXiv:1503.02531 |
| features | the activations of a layer, through a linear map that is learned | A. Romero et al., FitNets, ICLR 2015 |
| relations | the distances between examples in a layer | W. Park et al., CVPR 2019 |
"""

from collections.abc import Sequence

import numpy as np

from ml.compress.graph import activation_of, nodes
from ml.errors import UserError
from ml.progress import track
from ml.train.keras import keras_module, tensorflow
from ml.train.lessons import Lessons

KINDS = ("response", "features", "relations")
LEAST = 1e-7  # of a probability


def fit(
    student,
    teachers: Sequence,
    lessons: Lessons,
    epochs: int,
    *,
    kind: str = "response",
    temperature: float = 4.0,
    share: float = 0.7,
    layers: tuple[str, str] | None = None,
    seed: int = 0,
    rate: float | None = None,
) -> list[float]:
    """Trains `student` in place; returns the loss of each epoch. `share` of the loss is imitation, the rest the
    lessons' own. Several teachers count alike: their answers are averaged. Features and relations take
    one teacher. `layers` are (student's, teacher's) for features and relations; without it those that the last weighted
    layers read. The caller seeds Keras for dropout.

    A network without a softmax at its end imitates the mean of the answers, at any temperature. UserError for another
    kind, no teacher, answers of other sizes, or a layer that is not there.
    """
    _check(student, teachers, kind, temperature, share)
    tf, rng = tensorflow(), np.random.default_rng(seed)
    read = layers or (None, None)
    pupil, seen = _reading(student, read[0]), [_reading(one, read[1]) for one in teachers]
    imitation = _Imitation(kind, temperature, pupil, seen[0])
    own, variables = lessons.function(), student.trainable_variables + imitation.variables
    optimiser = _optimiser(lessons, epochs, rate, variables)

    @tf.function(reduce_retracing=True)
    def step(given, targets, answers, inner):
        with tf.GradientTape() as tape:
            made, found = pupil(given, training=True)
            value = share * imitation(made, found, answers, inner) + (1 - share) * tf.reduce_mean(own(targets, made))
        optimiser.apply(tape.gradient(value, [one.value for one in variables]))
        return value

    losses = []
    for epoch in track(range(epochs), "distilling", epochs):
        now = lessons.of_epoch(epoch, student)
        order, kept = rng.permutation(len(now)), []
        for at in range(0, len(order), now.batch):
            chosen = order[at : at + now.batch]
            given = now.shown(chosen, rng)
            taught = [one(given, training=False) for one in seen]
            answers = sum(imitation.softened(made) for made, _ in taught) / len(taught)
            kept.append(step(given, now.targets[chosen], answers, taught[0][1]))
        losses.append(float(np.mean([float(one) for one in kept])))
    return losses


def _optimiser(lessons: Lessons, epochs: int, rate: float | None, variables: list):
    keras = keras_module()
    steps = max(1, epochs * -(-len(lessons) // lessons.batch))
    made = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate or lessons.rate, steps))
    made.build(variables)
    return made


def _check(student, teachers: Sequence, kind: str, temperature: float, share: float) -> None:
    if kind not in KINDS:
        raise UserError(f"distillation: expected one of {', '.join(KINDS)}, found {kind!r}")
    if not teachers or (kind != "response" and len(teachers) > 1):
        most = "one or more" if kind == "response" else "one"
        raise UserError(f"distillation of {kind}: expected {most} teachers, found {len(teachers)}")
    if temperature <= 0 or not 0 <= share <= 1:
        raise UserError(
            f"distillation: expected a temperature above 0 and a share of 0..1, found {temperature}, {share}"
        )
    for teacher in teachers:
        for what, theirs, mine in (
            ("inputs", teacher.input_shape, student.input_shape),
            ("answers", teacher.output_shape, student.output_shape),
        ):
            if theirs[1:] != mine[1:]:
                raise UserError(
                    f"teacher {teacher.name}: expected {what} of shape {list(mine[1:])}, found {list(theirs[1:])}"
                )


def _reading(model, layer: str | None):
    """The model with a second output: what its last weighted layer reads, or the output of the layer of that name."""
    names = {one.name for one in model.layers}
    if layer is not None and layer not in names:
        raise UserError(
            f"distillation: expected a layer of {model.name}, found {layer!r}; it has {', '.join(sorted(names))}"
        )
    last = [node for node in nodes(model) if node.weighted][-1].layer
    inner = last.input if layer is None else model.get_layer(layer).output
    return keras_module().Model(model.inputs[0], [model.outputs[0], inner])


class _Imitation:
    """How far a student is from its teacher, in one of the three ways."""

    def __init__(self, kind: str, temperature: float, pupil, teacher) -> None:
        self.kind, self.temperature = kind, temperature
        self.sure = _ends_in_softmax(pupil)
        self.map, self.variables = None, []
        if kind == "features":
            mine, theirs = (one.outputs[1].shape for one in (pupil, teacher))
            if mine[1:-1] != theirs[1:-1]:
                raise UserError(
                    f"distillation of features: expected layers of one size but for channels, found "
                    f"{list(mine[1:])} and {list(theirs[1:])}"
                )
            self.map = keras_module().layers.Dense(theirs[-1], name="hint")
            self.map.build(mine)
            self.variables = self.map.trainable_variables

    def softened(self, answers):
        """A teacher's probabilities at the temperature; other answers as they are."""
        tf = tensorflow()
        return tf.nn.softmax(tf.math.log(tf.maximum(answers, LEAST)) / self.temperature) if self.sure else answers

    def __call__(self, made, found, answers, inner):
        tf = tensorflow()
        if self.map is not None:
            return tf.reduce_mean((self.map(found) - inner) ** 2)
        if self.kind == "relations":
            return tf.reduce_mean(_huber(_distances(found) - _distances(inner)))
        if not self.sure:
            return tf.reduce_mean((made - answers) ** 2)
        difference = tf.math.log(tf.maximum(answers, LEAST)) - tf.math.log(tf.maximum(self.softened(made), LEAST))
        return self.temperature**2 * tf.reduce_mean(tf.reduce_sum(answers * difference, -1))


def _ends_in_softmax(model) -> bool:
    last = model.outputs[0]._keras_history.operation
    return activation_of(last) == "softmax" or type(last).__name__ == "Softmax"


def _distances(values):
    """Between the examples of a batch, in units of their mean."""
    tf = tensorflow()
    flat = tf.reshape(values, (tf.shape(values)[0], -1))
    squares = tf.reduce_sum((flat[:, None] - flat[None]) ** 2, -1)
    apart = tf.sqrt(tf.maximum(squares, 1e-12))
    return apart / tf.maximum(tf.reduce_mean(apart), 1e-6)


def _huber(values):
    tf = tensorflow()
    size = tf.abs(values)
    return tf.where(size < 1, 0.5 * size**2, size - 0.5)
