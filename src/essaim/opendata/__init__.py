"""Open data and people's tables: safe readers, one module a source, provenance kept with every value."""
