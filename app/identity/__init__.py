"""Identity resolution by data stewards: conflicts, merges, splits, reviews, audit log, erasure."""
