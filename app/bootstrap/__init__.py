"""Joins the core, its adapters, controllers and views; the only part of `app` that sees adapters.

Import `app.bootstrap.networks` before anything of Qt: on Windows, ONNX
Runtime's libraries do not load once Qt's are there.
"""
