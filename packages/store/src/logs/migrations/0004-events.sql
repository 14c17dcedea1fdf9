-- What users did with the answers, one row each, whole: its signals are part of it, so that no event is ever half there.
-- The time is ours (when it was received), since a client's clock could put a row into any partition.
CREATE TABLE IF NOT EXISTS events
(
  id String CODEC(ZSTD(1)),
  received DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  project LowCardinality(String),
  environment LowCardinality(String),
  key_id LowCardinality(String),
  name LowCardinality(String),
  generation_id String CODEC(ZSTD(1)),
  user_id String CODEC(ZSTD(1)),
  consent LowCardinality(String),
  origin LowCardinality(String),
  -- JSON
  payload String CODEC(ZSTD(3)),
  -- JSON, a list
  signals String CODEC(ZSTD(3)),
  INDEX by_id id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_generation generation_id TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX by_user user_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {engine}
PARTITION BY toYYYYMMDD(received)
ORDER BY (project, received, id)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1, ttl_only_drop_parts = 1;
-- One row per signal.
CREATE VIEW IF NOT EXISTS signals AS
SELECT
  id AS event_id, received, time, project, generation_id, user_id, consent, name,
  JSONExtractString(signal, 'type') AS type,
  JSONExtract(signal, 'value', 'Nullable(Float64)') AS value,
  JSONExtractRaw(signal, 'labels') AS labels,
  JSONExtractString(signal, 'text') AS text,
  JSONExtractString(signal, 'over') AS over
FROM events
ARRAY JOIN JSONExtractArrayRaw(signals) AS signal;
