"""Reads the raw files of a Sluice cloud: messages and blocks, as messages, rows, numpy arrays or a pandas frame."""

from .read import messages, rows, to_numpy, to_pandas

__all__ = ["messages", "rows", "to_numpy", "to_pandas"]
