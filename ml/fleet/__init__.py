"""Learning across a fleet: many boards improve one model, and keep their examples (docs/fleet_learning.md).

`settings` (what all must agree on), `layer` (the last layer of a .tflite), `features` (what it is given), `masks` (the
firmware's masks in Python), `group` (what the gateway knows of a group), `rounds` (a round with all its members),
`robust` (groups that do not agree), `image` (the result as a signed update), `people` and `simulation` (boards that do
not exist), `flower` (an adapter).
"""
