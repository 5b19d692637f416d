"""The public door: what of Callward the Internet may see, and nothing of the console."""
