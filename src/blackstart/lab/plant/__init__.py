"""The plant: what powers one lab, and takes its power away."""
