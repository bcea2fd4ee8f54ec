"""Networks of the asteroid library under the contract of every model here.

The extra `asteroid` brings the library: `pip install 'soundsieve[asteroid]'`. It is imported when a
model is built or read, and nowhere else. ConvTasNet, DPRNN, DPTNet and SuDORMRF are trained by
`model=asteroid/NAME`, X-UMX for songs too, and files that asteroid saved are read (`pretrained`).

What is broken in asteroid 0.7.0 on the PyTorch of today, and what is done about it:

- It does not declare what it imports: `requests`, and through torchmetrics 0.11.4, the newest that
  it allows, `pkg_resources`, which setuptools has until 80. The extra names them. Its networks
  themselves need neither torchmetrics nor pandas.
- `from_pretrained` calls `torch.load` in a way that refuses its own files, whose `infos` hold
  scalars of numpy. `pretrained` reads weights and such plain values, and nothing else.
- Its global norm asks a tensor for its number of axes, which cannot be traced, and computes in five
  passes. Such norms are run as a group norm with one group: equal, faster, and fit for ONNX.
- The last residual convolution of ConvTasNet reaches no output, so it has no gradient, for which
  several processes would wait in vain: it is not trained.
- SuDORMRF holds its encoder under two names, which safetensors refuses: files hold copies.
- XUMX raises whenever it is built, for its transforms: `xumx` gives the network inside ours.
- DCCRNet fails on its own sizes: it is not offered.
"""
