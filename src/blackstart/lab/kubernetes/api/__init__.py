"""The HTTP face: discovery, reading, watching, writing, authentication."""
