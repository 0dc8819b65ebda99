"""The gateway (docs/gateway.md): it takes the events of many nodes, keeps them until they are handed on, and watches.

config.py reads gateway.toml. Inputs (boards.py, udp.py, broker.py) give frames to intake.py, which decides what is new.
writer.py commits batches to outbox.py, and only then acknowledges them. Outputs (broker.py, posting.py) hand on what is
committed. rules.py and rollout.py work on committed events; page.py shows it; service.py starts all of it.

cascade.py holds an event of which a node is unsure, asks for its window (windows.py), and has a larger model judge it
(second.py); thresholds.py lets nodes tell such events. learning.py takes nodes through rounds of learning with each
other, and lessons.py keeps what came of them.
"""
