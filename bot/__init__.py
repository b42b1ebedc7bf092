"""The edge: process, settings, channels, intake, relay and command line."""

__version__ = "0.1.0"
