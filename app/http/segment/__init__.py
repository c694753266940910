"""The routes of tracking SDKs: Segment's interface, with its authentication, errors and CORS."""
