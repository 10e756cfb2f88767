"""What is stored: kinds, objects, selectors, patches, and the store itself."""
