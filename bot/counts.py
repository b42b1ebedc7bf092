"""What is counted for `/metrics`: messages heard and delivered, by what became of them."""

from __future__ import annotations

from prometheus_client import Counter

# accepted, repeated (known already), refused (could not be kept), failed (an attempt), dead
HEARD = Counter("xiaoqi_heard", "Messages heard, by what became of them.", ["channel", "outcome"])
# sent, later, refused, unknown
DELIVERED = Counter(
    "xiaoqi_delivered",
    "Messages given to channels, by what became of them.",
    ["channel", "outcome"],
)
