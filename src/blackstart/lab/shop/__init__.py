"""The shop: the small order service that a lab's pods run.

It speaks HTTP by itself and imports its database driver only after it listens: many pods start at once, and each
must be quick and small.
"""
