"""The methods and what they are made of: torch, diffusers and peft; no network, no picture files."""

import os

# The same seed gives the same picture: without it MKL's threaded products round differently from run to run
# (seen in the backward pass of 3 x 3 convolutions on 1 x 1 maps). MKL reads this once, before its first product.
os.environ.setdefault("MKL_CBWR", "AUTO")
