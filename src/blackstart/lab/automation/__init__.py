"""What the system under drill runs in its standby: a canary that probes the primary's entry, and the failover
controller that an alarm starts. Part of the system, like the shop: it calls AWS and Kubernetes as a customer's
functions would, and knows nothing of drills.
"""
