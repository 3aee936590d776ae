"""The outside world of money: what is asked of payment providers, and those that answer."""
