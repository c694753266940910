"""Tools for agents over the Model Context Protocol, by HTTP and stdio."""
