"""Networks, data, loop and ONNX export: the only place that imports torch."""
