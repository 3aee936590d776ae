"""Amounts as people read them: the domain's, for whoever shows them."""

from plantly.domain.money_text import format_money

__all__ = ["format_money"]
