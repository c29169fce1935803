"""The tables, for statements; how they come to be on disk is told in `migrations`.

`conversations` and `exchanges` begin with the columns of the schema inkchat grew from, in its
order; what stands after `metadata` was added. Times are UTC in ISO 8601 with microseconds, so
that text sorts as time does; rows from before may hold local times without a zone.
"""

from sqlalchemy import Column, Float, Integer, MetaData, Table, Text

metadata = MetaData()

conversations = Table(
    "conversations",
    metadata,
    Column("conversation_id", Text, primary_key=True),
    Column("user_id", Text),
    Column("created_at", Text),
    Column("last_activity", Text),
    Column("total_exchanges", Integer, default=0),
    Column("status", Text, default="active"),
    Column("context_summary", Text, default=""),
    Column("metadata", Text, default="{}"),
    Column("title", Text, default=""),
    Column("watch", Text, default=""),
    Column("thread", Text, default=""),
    Column("summary_covers", Integer, default=0),
    Column("code", Text),
    Column("provider", Text, default=""),
    Column("model", Text, default=""),
    Column("system_prompt", Text, default=""),
    Column("document", Text, default=""),
    Column("section", Text, default=""),
    Column("ended_at", Text),
    Column("end_reason", Text, default=""),
    Column("follows", Text, default=""),
)

exchanges = Table(
    "exchanges",
    metadata,
    Column("exchange_id", Text, primary_key=True),
    Column("conversation_id", Text),
    Column("sequence_number", Integer),
    Column("input_file", Text),
    Column("input_type", Text),
    Column("response_text", Text),
    Column("processing_time", Float),
    Column("tokens_used", Integer),
    Column("created_at", Text),
    Column("metadata", Text, default="{}"),
    Column("outcome", Text, default="answered"),
    Column("title", Text, default=""),
    Column("transcript", Text, default=""),
    Column("language", Text, default=""),
    Column("provider", Text, default=""),
    Column("model", Text, default=""),
    Column("input_tokens", Integer),
    Column("cached_tokens", Integer),
    Column("output_tokens", Integer),
    Column("request_id", Text, default=""),
    Column("drop_id", Integer),
    Column("cache_written_tokens", Integer),
    Column("cost_usd", Float),
    Column("first_token_seconds", Float),
    # Given by `insert_exchange`, or by a trigger where a row comes without it.
    Column("search_id", Integer),
    Column("author", Text, default=""),
)

drops = Table(
    "drops",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("watch", Text),
    Column("thread", Text),
    Column("name", Text),
    Column("suffix", Text),
    Column("content_hash", Text),
    Column("size_bytes", Integer),
    Column("state", Text),
    Column("reason", Text, default=""),
    Column("reason_code", Text, default=""),
    Column("waiting_for", Text, default=""),
    Column("duplicate_of", Integer),
    Column("conversation_id", Text),
    Column("exchange_number", Integer),
    Column("calls", Integer, default=0),
    Column("cuts", Integer, default=0),
    Column("attempts", Integer, default=0),
    Column("failing_since", Text),
    Column("not_before", Text),
    Column("received_at", Text),
    Column("updated_at", Text),
    Column("asked_provider", Text, default=""),
    Column("wants_model", Integer, default=0),
    Column("held_until", Text),
    Column("repairs", Integer, default=0),
    Column("document", Text, default=""),
    Column("is_repeatable", Integer, default=0),
    Column("may_be_command", Integer, default=0),
    Column("is_placed", Integer, default=0),
)

sightings = Table(
    "sightings",
    metadata,
    Column("watch", Text, primary_key=True),
    Column("thread", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("signature", Text),
    Column("drop_id", Integer),
    Column("seen_at", Text),
)

responses = Table(
    "responses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("drop_id", Integer),
    Column("conversation_id", Text),
    Column("exchange_number", Integer),
    Column("notice_code", Text, default=""),
    Column("notice_provider", Text, default=""),
    Column("outbox", Text),
    Column("name", Text),
    Column("content", Text),
    Column("device", Text),
    Column("sha256", Text),
    Column("size_bytes", Integer),
    Column("created_at", Text),
    Column("delivered_at", Text),
    # What `outgoing` writes of a page that was drawn, as JSON; NULL of one from before.
    Column("places", Text),
)

troubles = Table(
    "troubles",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("watch", Text),
    Column("waiting_for", Text),
    Column("reason_code", Text),
    Column("message", Text),
    Column("since", Text),
    Column("ended_at", Text),
)

calls = Table(
    "calls",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Text),
    Column("day", Text),
    Column("user_id", Text),
    Column("watch", Text),
    Column("drop_id", Integer),
    Column("conversation_id", Text),
    Column("purpose", Text),
    Column("provider", Text),
    Column("model", Text),
    Column("state", Text),
    Column("estimated_input_tokens", Integer),
    Column("input_tokens", Integer),
    Column("cached_tokens", Integer),
    Column("cache_written_tokens", Integer),
    Column("output_tokens", Integer),
    Column("cost_usd", Float),
    Column("is_estimate", Integer),
    Column("seconds", Float),
    Column("first_token_seconds", Float),
    Column("request_id", Text),
)

pauses = Table(
    "pauses",
    metadata,
    Column("provider_key", Text, primary_key=True),
    Column("provider", Text),
    Column("code", Text),
    Column("what_happened", Text),
    Column("next_step", Text),
    Column("tries", Integer),
    Column("since", Text),
    Column("until", Text),
)

calibrations = Table(
    "calibrations",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("factor", Float),
    Column("samples", Integer),
)

thread_links = Table(
    "thread_links",
    metadata,
    Column("user_id", Text, primary_key=True),
    Column("watch", Text, primary_key=True),
    Column("thread", Text, primary_key=True),
    Column("conversation_id", Text),
    Column("since", Text),
)

document_pages = Table(
    "document_pages",
    metadata,
    Column("conversation_id", Text, primary_key=True),
    Column("fingerprint", Text, primary_key=True),
    Column("watch", Text),
    Column("thread", Text),
    Column("document", Text),
    Column("number", Integer),
    Column("drop_id", Integer),
)

attachments = Table(
    "attachments",
    metadata,
    Column("conversation_id", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("key", Text),
    Column("file_name", Text),
    Column("file_path", Text),
    Column("content_hash", Text),
    Column("size_bytes", Integer),
)

purge_marks = Table(
    "purge_marks",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
)
