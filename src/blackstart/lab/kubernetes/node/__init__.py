"""The node: runs the containers of pods as processes and reports their status."""
