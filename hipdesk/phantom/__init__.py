"""Simulated hip MRI: anatomy, deformation, lesions, signal, series."""
