"""The application's part of the generated header: front-end, gate and decision settings as C."""

from ml.fall_detection.config import Config
from ml.native import gate, impact
from ml.native.decide import DecideConfig

INCLUDES = '#include "decide/decide.h"\n#include "decide/gate.h"\n#include "frontend/impact.h"\n'


def sections(config: Config, decision: DecideConfig) -> list[str]:
    """C text: includes, FALL_DETECTION_WINDOW, and the configurations `fall_detection_frontend`, `_gate`, `_decide`."""
    return [INCLUDES, _front_end(config), _gate(config), _decision(decision)]


def _front_end(config: Config) -> str:
    front_end = config.front_end.impact()
    step = config.front_end.range_g / 127
    return f"""// Front end: windows of {front_end.window} samples around an impact, int8 in steps of {step:.4f} g.
#define FALL_DETECTION_WINDOW {front_end.window} // samples
{impact.c_source(front_end, "fall_detection_frontend")}"""


def _gate(config: Config) -> str:
    return f"""// The network looks at impacts of {config.gate.impact_g:g} g and more.
{gate.c_source(config.gate.gate(), "fall_detection_gate")}
"""


def _decision(config: DecideConfig) -> str:
    return f"""// Decision, chosen on streams of people who were not trained with.
static const uint8_t fall_detection_threshold[] = {{{", ".join(map(str, config.threshold))}}};
static const decide_config fall_detection_decide = {{
    {len(config.threshold)}, // classes
    {config.background}, // background
    {config.smoothing}, // smoothing, steps
    {config.refractory}, // refractory time, steps
    fall_detection_threshold, // of 255
}};
"""
