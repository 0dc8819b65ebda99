"""Techniques that make a network smaller, as plain functions over Keras models and example arrays; no application.

| module | what it offers |
|---|---|
| `recipe.py` | named steps with parameters: the key of the cache and the `plan.json` of a variant |
| `steps.py` | name -> function; runs one step |
| `quantise.py` | conversion to an int8 `.tflite`: `int8(model, calibration)`; `[convert]` has its parameters |

A technique's module holds functions of the shape `f(model, lessons: Lessons, *, parameters) -> model` (or -> figures):

    prune.channels(model, lessons, keep=0.5, criterion="magnitude")      # a smaller Keras model, without any training
    prune.layers(model, drop=("block3",))
    distil.fit(student, teachers, lessons, epochs, temperature=4.0, kind="response")
    sensitivity.table(model, lessons, bits=(4, 8)) -> rows               # of layers, for a page
    plan.choose(rows, model, budget_bytes=..., most_lost=...) -> bits    # layer -> 4, 8 or 16
    qat.wrap(model, bits, lessons) -> model                              # fake-quantised; `lessons.tune` trains it
    calibrate.ranges(model, inputs, method="percentile") -> ranges       # layer -> (lowest, highest)
    correct.equalise(model), correct.biases(model, quantised, lessons)

and `steps.STEPS` gives each a name: `(network: Network, lessons, seed, **parameters) -> Network`, where a `Network` is
the model, the bits per layer that a plan chose, and the trained network for a teacher. Training is always
`ml/train/lessons.py`: `tune`, or a loop over `lessons.shown(...)`. Parameters are JSON, so a recipe can be written
down; a training's length is `epochs`, which the report adds up for the twin that is trained from scratch.
"""
