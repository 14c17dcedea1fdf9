const MB = 1024 * 1024;

/**
 * Configuration of the engine, in its XML. Its own defaults are a server's: 90 % of the machine's memory, and caches
 * of several gigabytes each.
 */
export function engineConfig(memoryBytes: number): string {
  const values = {
    timezone: "UTC",
    max_server_memory_usage: memoryBytes,
    mark_cache_size: 64 * MB,
    index_mark_cache_size: 32 * MB,
    primary_index_cache_size: 32 * MB,
    text_index_tokens_cache_size: 32 * MB,
    text_index_header_cache_size: 32 * MB,
    text_index_postings_cache_size: 64 * MB,
    query_condition_cache_size: 16 * MB,
  };
  const lines = Object.entries(values).map(([name, value]) => `  <${name}>${value}</${name}>`);
  return `<clickhouse>\n${lines.join("\n")}\n</clickhouse>\n`;
}
