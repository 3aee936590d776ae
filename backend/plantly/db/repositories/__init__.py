"""Queries, one module a subject; domain values go in and entities come out."""
