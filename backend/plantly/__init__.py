"""Plantly: a self-hosted shop that people use from inside their assistant."""
