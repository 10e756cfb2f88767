"""Global Accelerator: accelerator, listener, endpoint groups; dial, weights, health. moto has none of it."""
