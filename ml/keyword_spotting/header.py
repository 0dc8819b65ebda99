"""The application's part of the generated header: settings of front end, gate and decision as C."""

from ml.keyword_spotting.config import Config
from ml.native import logmel, spotter
from ml.native.decide import DecideConfig

NAME = "keyword_spotting"


def sections(config: Config, decision: DecideConfig) -> list[str]:
    """C text: includes, the front end's tables, `keyword_spotting_frontend_config`, `_spotter` and `_decide`, and the
    bytes of the spotter's ring, KEYWORD_SPOTTING_RING."""
    names = ("decide/decide", "decide/gate", "frontend/logmel", "frontend/vad", "spotter/spotter")
    includes = "".join(f'#include "{name}.h"\n' for name in names)
    return [includes, _front_end(config), _spotter(config), _decision(decision)]


def _front_end(config: Config) -> str:
    front_end = config.front_end
    seconds, answer = front_end.samples / front_end.log_mel.rate_hz, front_end.step_samples / front_end.log_mel.rate_hz
    return (
        f"// Front end: a window is {front_end.frames} frames ({seconds:.2f} s), a step {front_end.step} of them "
        f"({1000 * answer:.0f} ms).\n{logmel.c_source(front_end.log_mel, f'{NAME}_frontend')}"
    )


def _spotter(config: Config) -> str:
    return f"// Gate: what is quieter lets the network sleep.\n{spotter.c_source(config.spotter, NAME)}\n"


def _decision(config: DecideConfig) -> str:
    return f"""// Decision, chosen on streams of people who were not trained with.
static const uint8_t {NAME}_threshold[] = {{{", ".join(map(str, config.threshold))}}};
static const decide_config {NAME}_decide = {{
    {len(config.threshold)}, // classes
    {config.background}, // background
    {config.smoothing}, // smoothing, steps
    {config.refractory}, // refractory time, steps
    {NAME}_threshold, // of 255; 255: never
}};
"""
