"""What is true of every shop at every moment, by what it is about."""
