"""A model as a file that runs without PyTorch: ONNX, one hop a call, proved equal."""
