"""Files that people bring, read in a process of their own with limits of memory and time.

A reader of some format may be led astray by a file: to take all memory, to work for ever, to break.
Here it does so where nobody else is. What comes back is plain arrays and words, never a pickle.
"""

from ec_core.apart.readers import Limits, close, warm_up
from ec_core.apart.reading import open_model, parse_answers, read_contents

__all__ = ["Limits", "close", "open_model", "parse_answers", "read_contents", "warm_up"]
