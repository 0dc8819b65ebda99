"""What the gateway counts of itself, for Prometheus. No node has a series of its own: there may be thousands."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

DELAYS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1, 2.5, 5, 10, 60)


class Counted:
    """A registry of its own, so that several gateways fit one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own = self.registry
        self.stored = Counter("thimble_events_stored", "Events that were committed", registry=own)
        self.refused = Counter("thimble_events_refused", "Events without room in memory; nodes keep them", registry=own)
        self.delay = Histogram("thimble_commit_seconds", "From arrival to commit", buckets=DELAYS, registry=own)
        self.full = Gauge("thimble_outbox_full", "1: nothing can be stored", registry=own)
        self.datagrams = Counter("thimble_datagrams", "Datagrams, by what became of them", ["fate"], registry=own)
        self.handed_on = Counter("thimble_events_handed_on", "Events that an output took", ["output"], registry=own)
        self.failed = Counter("thimble_output_failures", "Batches that were not taken", ["output"], registry=own)
        self.waiting = Gauge("thimble_events_waiting", "Events that an output has before it", ["output"], registry=own)
        self.nodes = Gauge("thimble_nodes", "Nodes that were heard, by state", ["state"], registry=own)
        self.lost = Gauge("thimble_events_lost", "Events that nodes had to forget before they were taken", registry=own)
        self.second = Counter(
            "thimble_second", "Events that nodes were unsure of, by what became of them", ["fate"], registry=own
        )
        self.rules = Counter("thimble_rules_fired", "Rules that fired", ["rule"], registry=own)
