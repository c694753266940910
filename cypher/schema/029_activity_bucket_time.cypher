// The statistics of a minute or a day have one bucket, to which all processes add.
CREATE CONSTRAINT activity_bucket_time IF NOT EXISTS
FOR (bucket:ActivityBucket)
REQUIRE (bucket.kind, bucket.at) IS UNIQUE
