"""Models that are asked elsewhere: at an address, or in a process of its own.

An answer is kept on disk before anything is done with it, so no question is paid for twice.
"""

from ec_core.probing.remote.address import is_address
from ec_core.probing.remote.served import Served, from_address

__all__ = ["Served", "from_address", "is_address"]
