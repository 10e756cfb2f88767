"""The lab's AWS API: one endpoint for all services and regions, whose calls take effect on the lab's data plane.

moto keeps the control plane's state. What it lacks (Global Accelerator, a global database that fails over, fault
injection that injects) is added here, and every accepted change is carried to the plant over its HTTP API.
"""
