"""Tools rather than a method: versioned, forked by sites, offered back to the network."""
