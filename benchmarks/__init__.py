"""Measurements and long proofs that anyone can run again; each writes a document from its own data."""
