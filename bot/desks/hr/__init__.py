"""The desk of this role: a module per noun, each with its table DESK."""
