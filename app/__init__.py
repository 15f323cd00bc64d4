"""The desktop program: knows Qt, no medicine."""
