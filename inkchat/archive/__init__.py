"""Conversations taken out, brought in, removed and put aside: export, import, purge, backup."""
