"""What is counted for `/metrics`: messages heard and delivered, by what became of them."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

# accepted, repeated (known already), refused (could not be kept), failed (an attempt), dead
HEARD = Counter("xiaoqi_heard", "Messages heard, by what became of them.", ["channel", "outcome"])
# sent, later, refused, unknown
DELIVERED = Counter(
    "xiaoqi_delivered",
    "Messages given to channels, by what became of them.",
    ["channel", "lane", "outcome"],
)
# used, refused, failed, skipped (not asked), each with why
MODEL = Counter("xiaoqi_model", "What became of asking the model.", ["outcome", "why"])
MODEL_ASKED = Counter("xiaoqi_model_asked", "Questions the model was asked.")
LAST_HEARD = Gauge(
    "xiaoqi_last_heard_timestamp_seconds", "When a channel last heard anything.", ["channel"]
)
DATABASE_AVAILABLE = Gauge("xiaoqi_database_available", "Whether the database can keep things: 1.")
