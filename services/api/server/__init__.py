"""The HTTP server: uvicorn, with our connections and bounds."""
