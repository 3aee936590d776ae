"""The few intentions that call the outside world: always between two transactions."""
