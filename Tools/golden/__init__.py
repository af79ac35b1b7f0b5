"""Reference results ("goldens") that the tests compare the toolkit with, made with PyTorch and Pillow."""
