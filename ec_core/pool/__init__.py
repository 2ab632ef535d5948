"""Work given to several processes, here or on a cluster: what they tell, and what comes of it.

A task is a stage that can be sent elsewhere: called with a ``Control`` it yields events and returns
a result. ``spread`` gives tasks to workers of any kind and does those of a lost worker again.
"""

from ec_core.pool.spread import Again, Done, Given, Told, spread
from ec_core.pool.work import Task, Workers

__all__ = ["Again", "Done", "Given", "Task", "Told", "Workers", "spread"]
