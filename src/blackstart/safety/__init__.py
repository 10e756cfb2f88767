"""What keeps a drill from leaving anything broken: undo log, lock, restoration."""
