"""Where the time of a recovery on a card goes: host functions, kernels, and where the host waits.

Run:  python tests/benchmarks/gpu_profile.py [--device cuda|cpu] [--case demo]

Prints, for one case of ``gpu.py``: the dearest functions of the host, the dearest operations of the
device, and every line at which the host waited for the card, with how often.
"""

from __future__ import annotations

import argparse
import collections
import cProfile
import io
import pstats
import sys
import time
import traceback
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import torch

from ec_core.expand.learning import make_problem
from ec_core.expand.students import initial_theta
from ec_core.leastsquares.levenberg_marquardt import start
from ec_core.leastsquares.stepping import Stepper
from tests.benchmarks import gpu

BUDGET = 60.0
"""Seconds for one recovery."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--case", default="demo")
    options = parser.parse_args()
    case = next(one for one in (*gpu.CASES, gpu.SMALL) if one.name == options.case)
    probes = case.ask(case.teacher())
    case.recover(probes, options.device, BUDGET)
    began = time.perf_counter()
    found = case.recover(probes, options.device, BUDGET)
    print(f"{case.name} on {options.device}: {time.perf_counter() - began:.2f} s", flush=True)
    profile = cProfile.Profile()
    profile.enable()
    case.recover(probes, options.device, BUDGET)
    profile.disable()
    for key in ("tottime", "cumtime"):
        text = io.StringIO()
        pstats.Stats(profile, stream=text).strip_dirs().sort_stats(key).print_stats(28)
        print("\n".join(text.getvalue().splitlines()[4:]), flush=True)
    hidden = found.ensemble.shape.sizes[1:-1]
    problem = make_problem(probes, case.activation, hidden, torch.device(options.device)).thinned()
    theta = initial_theta(problem.shape, 0, found.ensemble.students).to(problem.x.device)
    stepper, batch = Stepper(problem), start(problem, theta)
    for _ in range(3):
        stepper(batch)
    kinds = [torch.profiler.ProfilerActivity.CPU]
    if options.device == "cuda":
        kinds.append(torch.profiler.ProfilerActivity.CUDA)
    with torch.profiler.profile(activities=kinds) as seen:
        for _ in range(20):
            batch = stepper(batch)
    for key in ("self_cpu_time_total", *(["self_cuda_time_total"] if len(kinds) > 1 else [])):
        print(seen.key_averages().table(sort_by=key, row_limit=16, max_name_column_width=50))
    if options.device != "cuda":
        return
    places: collections.Counter[str] = collections.Counter()

    def note(*_args: object, **_rest: object) -> None:
        frames = [
            f"{Path(f.filename).name}:{f.lineno} {f.line}"
            for f in traceback.extract_stack()
            if "ec_core" in f.filename
        ]
        places[" < ".join(reversed(frames[-2:]))] += 1

    warnings.showwarning = note
    warnings.simplefilter("always")
    torch.cuda.set_sync_debug_mode("warn")
    case.recover(probes, options.device, BUDGET)
    torch.cuda.set_sync_debug_mode("default")
    for place, count in places.most_common(40):
        print(count, place)


if __name__ == "__main__":
    main()
