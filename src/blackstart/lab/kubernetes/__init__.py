"""The Kubernetes API twin of one region: one process, and its pods are that process's children.

``objects`` holds what is stored and how it changes, ``controllers`` turn Deployments into pods and pods into
endpoints, ``node`` runs pods as processes, ``api`` speaks HTTP. Arrows: controllers → objects, node → objects,
api → node (logs alone) and objects; only ``region`` puts all four together.
"""
