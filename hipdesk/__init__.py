"""HipDesk: quantifies hip inflammation on MRI. The core knows medicine and no Qt."""

import logging
import os

__version__ = "0.1.0"

# ONNX Runtime notes each use, with the kind of machine, to send it to its maker; it looks at this
# once, when it is imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

logging.getLogger(__name__).addHandler(logging.NullHandler())
