"""Hostile and broken inputs, all made by code, and how each of them must end."""
