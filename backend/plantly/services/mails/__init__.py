"""The mails of a shop: what they say, and how they are put into an envelope."""
