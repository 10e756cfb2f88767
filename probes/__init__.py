"""What a drill reads: nouns. Nothing here changes anything."""
