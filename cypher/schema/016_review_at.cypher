// Reviews of shared identifiers are read latest first.
CREATE INDEX review_at IF NOT EXISTS
FOR ()-[review:REVIEWED]-()
ON (review.at, review.id)
