"""HipDesk: quantifies hip inflammation on MRI. The core knows medicine and no Qt."""

import logging

__version__ = "0.1.0"

logging.getLogger(__name__).addHandler(logging.NullHandler())
