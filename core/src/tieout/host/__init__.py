"""What surrounds the engine: plugins found and called, the configuration, connections, consent, limits, events, log."""
