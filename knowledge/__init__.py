"""How it reads and what it knows: text in, values out."""
