"""The desktop program: knows Qt, no medicine."""

import logging

logging.getLogger(__name__).addHandler(logging.NullHandler())
