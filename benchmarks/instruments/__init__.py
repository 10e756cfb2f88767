"""How exactly the instruments know an outage, beside the tools that people use today, all against one ground truth."""
