-- What a generation was in a trial of a candidate. Most rows are in none.
ALTER TABLE generations
  ADD COLUMN IF NOT EXISTS trial_id LowCardinality(String) DEFAULT '',
  ADD COLUMN IF NOT EXISTS trial_arm LowCardinality(String) DEFAULT '',
  ADD COLUMN IF NOT EXISTS trial_unit String DEFAULT '' CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS shadow_of String DEFAULT '' CODEC(ZSTD(1));
