"""The drills, declared as Chaos Toolkit experiments: one disaster a file."""
