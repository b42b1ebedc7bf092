"""The channels: one file each; see base.py for what a channel must be able to do."""
