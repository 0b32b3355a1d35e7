"""Burgee beside the vendors' own SDKs on random flags and users: ``python -m differential`` in the folder above."""
