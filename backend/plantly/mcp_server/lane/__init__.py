"""The lane: plain stateless calls, answered at the price of the call alone."""

from plantly.mcp_server.lane.app import Lane
from plantly.mcp_server.lane.cache import SAME_FOR_EVERYBODY, ConstantAnswers

__all__ = ["SAME_FOR_EVERYBODY", "ConstantAnswers", "Lane"]
