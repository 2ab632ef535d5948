"""A new regime: students with three neurons in their first layer, which begin by small steps."""

from ec_core.expand.regimes import Regime, SmallSteps, Starts

TOY = Regime(
    "toy",
    lambda shape: shape.sizes[1] == 3,
    starts=Starts(1.0, 0.0),
    answers_per_parameter=2.0,
    small_steps=SmallSteps(200, 1e-2, note="A toy begins."),
)
