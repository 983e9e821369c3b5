"""The audit log as a chain: each line names the digest of the one before it."""
