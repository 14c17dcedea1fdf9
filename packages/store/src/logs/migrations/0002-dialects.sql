-- In which wire format each body is. Until now there was one.
ALTER TABLE generations
  ADD COLUMN IF NOT EXISTS request_dialect LowCardinality(String) DEFAULT 'openai-chat',
  ADD COLUMN IF NOT EXISTS response_dialect LowCardinality(String) DEFAULT 'openai-chat';
