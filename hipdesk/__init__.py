"""HipDesk: quantifies hip inflammation on MRI. The core knows medicine and no Qt."""

__version__ = "0.1.0"
